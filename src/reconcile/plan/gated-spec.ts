import type {
  BucketSpec,
  EntryRef,
  FlowActionSpec,
  FlowKey,
  FlowSpec,
  GroupSpec,
} from "../../flow-model/index.ts";
import type { Action } from "../../openflow/index.ts";
import { actionSetKey } from "../model/content-key.ts";
import type { InstalledFlow } from "../model/installed.ts";

/** Says whether an entry on another switch is there for a bucket to rely on. */
export interface DependencyGate {
  /** Confirmed as it is wanted: a bucket may begin to rely on it. */
  isConfirmed(need: EntryRef): boolean;
  /** Not known to be missing: a bucket that relies on it already may go on. */
  mayExist(need: EntryRef): boolean;
  /**
   * Still there for copies that went this way before: it may exist and is wanted, or only carries
   * copies on their way and is there.
   */
  stillServes(need: EntryRef): boolean;
}

/** Says whether base forwarding may move on. */
export interface ForwardingGate {
  /** Whether floods may leave by a port: they do already, or they close no loop. */
  mayFlood(port: number): boolean;
  /** Whether frames may take the way of an entry: it is ready from here on. */
  mayForward(key: FlowKey, entry: FlowSpec): boolean;
  /** What base forwarding, as it is installed, does with the frames of a tap's entry for one host. */
  presentWay(entry: FlowSpec): readonly Action[] | undefined;
}

/** What can be installed of a flow entry now. */
export interface GatedFlow {
  readonly actions: readonly FlowActionSpec[];
  /** What the buckets that are left rely on. */
  readonly needs: readonly EntryRef[];
  /** Those of the buckets that make copies. */
  readonly copies: readonly BucketSpec[];
  /** Nothing was left out. */
  readonly complete: boolean;
  /** Floods to some ports were left out. */
  readonly awaitsFloods: boolean;
}

/**
 * What can be installed of a wanted flow entry now: all of it but the buckets for monitors whose
 * needs are not met. Undefined when it is there for its copies alone and none can be made: the frame
 * is better left to base forwarding.
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
  const { needs, copies, omitted, unflooded } = pruning;
  const complete = omitted + unflooded === 0;
  return { actions, needs, copies, complete, awaitsFloods: unflooded > 0 };
}

/** Whether all that a flow entry as a whole relies on is confirmed. */
export function isPathReady({ needs }: FlowSpec, gate: DependencyGate): boolean {
  return needs === undefined || needs.every((need) => gate.isConfirmed(need));
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
  /** Ports that floods must not use yet. */
  unflooded = 0;
  readonly needs: EntryRef[] = [];
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

  /** A bucket that makes copies, when it may; else the one that made them before; else none. */
  #choose(bucket: BucketSpec): BucketSpec | undefined {
    const needs = bucket.needs ?? [];
    const met =
      needs.every((need) => this.#gate.isConfirmed(need)) ||
      (this.#isInstalled(bucket) && needs.every((need) => this.#gate.mayExist(need)));
    if (!met) this.omitted++;
    const chosen = met ? bucket : this.#before(bucket);
    if (!chosen) return undefined;
    this.kept++;
    this.needs.push(...(chosen.needs ?? []));
    this.copies.push(chosen);
    return chosen;
  }

  /** The installed bucket that made the same copies before, if its way still works. */
  #before({ copyOf }: BucketSpec): BucketSpec | undefined {
    if (copyOf === undefined) return undefined;
    const old = this.#actual?.copySpecs.find((each) => each.copyOf === copyOf);
    // Without needs it is a port of this switch: nobody knows who is there now.
    if (!old?.needs?.length || !old.needs.every((need) => this.#gate.stillServes(need)))
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

/**
 * What a copy's bucket is recognised by on the switch. Undefined for one that uses a group, whose id
 * is not part of the spec.
 */
export function copyKey(bucket: BucketSpec): string | undefined {
  const plain: Action[] = [];
  for (const action of bucket.actions) {
    if (action.type === "useGroup") return undefined;
    plain.push(action);
  }
  return actionSetKey(plain);
}

/** Whether a group sends the production frame to several ports, and makes no copies. */
function isFlood({ buckets }: GroupSpec): boolean {
  return buckets.every(({ role, actions }) => role === "original" && actions[0]?.type === "output");
}
