// SPDX-License-Identifier: Apache-2.0
import type {
  BucketSpec,
  EntryRef,
  FlowActionSpec,
  FlowKey,
  FlowSpec,
  GroupSpec,
} from "../../flow-model/index.ts";
import type { Action } from "../../openflow/index.ts";
import { copyKey } from "../model/content-key.ts";
import type { InstalledFlow } from "../model/installed.ts";

/** Decides whether a bucket may rely on an entry of another switch. */
export interface DependencyGate {
  /** Confirmed as desired: a bucket may begin to rely on it. */
  isConfirmed(dependency: EntryRef): boolean;
  /** Not known to be missing: a bucket that relies on it already may stay. */
  mayExist(dependency: EntryRef): boolean;
  /**
   * Still there for copies on their previous path: it is desired and may exist, or it is installed and
   * only carries copies on.
   */
  stillServes(dependency: EntryRef): boolean;
  /** Confirmed as desired, by a switch that may have lost its connection since. */
  isGuarding(dependency: EntryRef): boolean;
}

/** Decides whether base forwarding may move to its desired paths. */
export interface ForwardingGate {
  /** Whether floods may leave by a port: they do already, or they cause no loop. */
  mayFlood(port: number): boolean;
  /** Whether frames may take the path of an entry: the switches on it are ready. */
  mayForward(key: FlowKey, entry: FlowSpec): boolean;
  /** The actions of installed base forwarding for the frames of a tap's entry for one host. */
  presentPath(entry: FlowSpec): readonly Action[] | undefined;
}

/** The part of a desired flow entry that can be installed now. */
export interface GatedFlow {
  readonly actions: readonly FlowActionSpec[];
  /** What the remaining buckets rely on. */
  readonly dependencies: readonly EntryRef[];
  /** The remaining buckets that make copies. */
  readonly copies: readonly BucketSpec[];
  /** Nothing was left out. */
  readonly complete: boolean;
  /** Floods to some ports were left out. */
  readonly awaitsFloods: boolean;
}

/**
 * The part of a desired flow entry that can be installed now: all but the copies' buckets whose
 * dependencies are not met. Undefined when the entry exists for its copies alone and none can be made:
 * base forwarding then handles the frame; and when other entries make more of the copies than it could.
 */
export function gatedFlow(
  spec: FlowSpec,
  actual: InstalledFlow | undefined,
  gate: DependencyGate,
  forwarding: ForwardingGate,
): GatedFlow | undefined {
  const pruning = new Pruning(actual, gate, forwarding);
  const actions = pruning.actions(spec.actions);
  if (pruning.kept === 0 && pruning.omitted > 0 && !spec.shields) return undefined;
  if (!actual && pruning.omitsAnyOf(spec.takesOver ?? [])) return undefined;
  const { dependencies, copies, omitted, unflooded } = pruning;
  const complete = omitted + unflooded === 0;
  return { actions, dependencies, copies, complete, awaitsFloods: unflooded > 0 };
}

/** Whether all that a flow entry as a whole relies on is confirmed. */
export function isPathReady({ needs }: FlowSpec, gate: DependencyGate): boolean {
  return needs === undefined || needs.every((each) => gate.isConfirmed(each));
}

/** Whether a flow entry makes copies. */
export function makesCopies(spec: FlowSpec): boolean {
  return spec.actions.some(
    (action) =>
      action.type === "useGroup" && action.group.buckets.some(({ role }) => role === "copy"),
  );
}

type UseGroup = Extract<FlowActionSpec, { type: "useGroup" }>;

class Pruning {
  kept = 0;
  omitted = 0;
  /** The monitors of the omitted copies; undefined: buckets that make a part of a monitor's copies. */
  readonly #omittedFor = new Set<string | undefined>();
  /** Ports that floods must not use yet. */
  unflooded = 0;
  readonly dependencies: EntryRef[] = [];
  readonly copies: BucketSpec[] = [];
  readonly #actual: InstalledFlow | undefined;
  readonly #gate: DependencyGate;
  readonly #forwarding: ForwardingGate;

  constructor(actual: InstalledFlow | undefined, gate: DependencyGate, forwarding: ForwardingGate) {
    this.#actual = actual;
    this.#gate = gate;
    this.#forwarding = forwarding;
  }

  actions<A extends FlowActionSpec>(actions: readonly A[]): readonly (A | UseGroup)[] {
    if (!actions.some(({ type }) => type === "useGroup")) return actions;
    return actions.flatMap((action): readonly (A | UseGroup)[] => {
      if (action.type !== "useGroup") return [action];
      const group = this.#group(action.group);
      if (group === action.group) return [action];
      return group.buckets.length === 0 ? [] : [{ type: "useGroup", group }];
    });
  }

  /** Whether copies for one of these monitors may have been left out. */
  omitsAnyOf(monitors: readonly string[]): boolean {
    if (monitors.length === 0 || this.#omittedFor.size === 0) return false;
    return this.#omittedFor.has(undefined) || monitors.some((each) => this.#omittedFor.has(each));
  }

  #group(group: GroupSpec): GroupSpec {
    const buckets: BucketSpec[] = [];
    const floods = isFlood(group);
    let same = true;
    for (const bucket of group.buckets) {
      if (floods && !this.#mayFlood(bucket)) {
        same = false;
        continue;
      }
      const chosen = bucket.role === "original" ? bucket : this.#choose(bucket);
      if (chosen !== bucket) same = false;
      if (!chosen) continue;
      const actions = this.actions(chosen.actions);
      if (actions !== chosen.actions) same = false;
      buckets.push(actions === chosen.actions ? chosen : { ...chosen, actions });
    }
    return same ? group : { buckets };
  }

  /** A bucket that makes copies, if allowed; otherwise the one that made them before; otherwise none. */
  #choose(bucket: BucketSpec): BucketSpec | undefined {
    const needs = bucket.needs ?? [];
    const met =
      needs.every((each) => this.#gate.isConfirmed(each)) ||
      (this.#isInstalled(bucket) && needs.every((each) => this.#gate.mayExist(each)));
    if (!met) this.omitted++;
    if (!met) this.#omittedFor.add(bucket.copyOf);
    const chosen = met ? bucket : this.#before(bucket);
    if (!chosen) return undefined;
    this.kept++;
    this.dependencies.push(...(chosen.needs ?? []));
    this.copies.push(chosen);
    return chosen;
  }

  /** The installed bucket that made the same copies before, if its path still works. */
  #before({ copyOf }: BucketSpec): BucketSpec | undefined {
    if (copyOf === undefined) return undefined;
    const old = this.#actual?.copySpecs.find((each) => each.copyOf === copyOf);
    // Without dependencies it is a port of this switch, and the monitor may have left that port.
    if (!old?.needs?.length || !old.needs.every((each) => this.#gate.stillServes(each)))
      return undefined;
    return old;
  }

  #mayFlood({ actions: [action] }: BucketSpec): boolean {
    if (action?.type !== "output" || this.#forwarding.mayFlood(action.port)) return true;
    this.unflooded++;
    return false;
  }

  #isInstalled(bucket: BucketSpec): boolean {
    const copies = this.#actual?.copies ?? [];
    const key = copies.length > 0 ? copyKey(bucket) : undefined;
    return key !== undefined && copies.includes(key);
  }
}

/** Whether a group sends the production frame to several ports, and makes no copies. */
function isFlood({ buckets }: GroupSpec): boolean {
  return buckets.every(({ role, actions }) => role === "original" && actions[0]?.type === "output");
}
