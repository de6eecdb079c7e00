// SPDX-License-Identifier: Apache-2.0
import {
  type EntryRef,
  entryRef,
  type FlowKey,
  type FlowSpec,
  flowKey,
  splitEntryRef,
} from "../../flow-model/index.ts";
import { forEach, type Steps } from "../../lang/steps.ts";
import type { Dpid, PortNo } from "../../topology/index.ts";
import type { PlannedCopies } from "../compile/model/policy-plan.ts";
import type { Tap } from "../compile/taps/tap.ts";
import type { PolicyId } from "../model/policy.ts";
import { previewRules } from "./preview-rules.ts";
import { previewedFlow } from "./previewed-flow.ts";
import { areDistinguishable, MOST_REGIONS, selectedFrames } from "./selected-frames.ts";

/** What a preview requests. */
export interface PreviewRequest {
  readonly number: number;
  readonly policy: PolicyId;
  /** As the policy names it. */
  readonly monitor: string;
  /** Bytes of each frame that switches send to the controller. */
  readonly bytes: number;
}

/** The entries that deliver the copies of a preview on one switch, and what is added there. */
interface PreviewedSwitch {
  /** The entries that send copies to the monitor. */
  readonly keys: ReadonlySet<FlowKey>;
  /** The ports by which they do. */
  readonly ports: ReadonlySet<PortNo>;
  readonly rules: ReadonlyMap<FlowKey, FlowSpec>;
}

/** The entries of a preview. */
export interface PreviewEntries {
  readonly request: PreviewRequest;
  readonly switches: ReadonlyMap<Dpid, PreviewedSwitch>;
}

/** Why there can be no preview. */
export interface NoPreview {
  /** A clause. */
  readonly why: string;
  /** The policies whose copies cannot be distinguished from those of the policy; absent: that is not the reason. */
  readonly others?: readonly PolicyId[];
}

/** What the entries of a preview are made from. */
export interface PreviewInputs {
  /** The copies for the monitor; undefined: the policy has no such monitor. */
  readonly copies: PlannedCopies | undefined;
  readonly entry: (ref: EntryRef) => FlowSpec | undefined;
  readonly taps: (id: PolicyId) => readonly Tap[];
  /** The policies that rely on any of these entries. */
  readonly findingPolicies: (refs: readonly EntryRef[]) => Steps<readonly PolicyId[]>;
  /** The name of a switch that is not Open vSwitch. */
  readonly plainName: (dpid: Dpid) => string | undefined;
}

/** The entries of a preview, or why there is none. */
export function* previewEntries(
  request: PreviewRequest,
  inputs: PreviewInputs,
): Steps<PreviewEntries | NoPreview> {
  const { copies, taps, plainName } = inputs;
  const { number, policy, monitor, bytes } = request;
  const delivering = yield* deliveringEntries(request, inputs);
  if (delivering.size === 0) return { why: `no copies reach monitor ${monitor}` };
  for (const dpid of delivering.keys()) {
    const plain = plainName(dpid);
    if (plain === undefined) continue;
    const why = `switch ${plain}, where copies leave for monitor ${monitor}, is not Open vSwitch: it would show frames to every controller`;
    return { why };
  }
  const frames = yield* selectedFrames(taps(policy));
  if (frames === undefined) {
    return { why: `the policy selects frames by more than ${MOST_REGIONS} match regions` };
  }
  const others = yield* indistinguishable(request, delivering, inputs);
  if (others.length > 0) {
    const why = `the policy names ports alone, and its copies for monitor ${copies?.monitor ?? monitor} arrive by the same rules as those of others`;
    return { why, others };
  }
  const rules = new Map(
    previewRules({ number, frames, bytes }).map((rule) => [flowKey(rule), rule]),
  );
  const switches = new Map<Dpid, PreviewedSwitch>();
  for (const [dpid, { keys, ports }] of delivering) switches.set(dpid, { keys, ports, rules });
  return { request, switches };
}

interface Delivering {
  readonly keys: Set<FlowKey>;
  readonly ports: ReadonlySet<PortNo>;
}

/** The entries by which copies leave for the monitor, by their switch. */
function* deliveringEntries(
  { number }: PreviewRequest,
  { copies, entry }: PreviewInputs,
): Steps<Map<Dpid, Delivering>> {
  const ports = new Map<Dpid, Set<PortNo>>();
  for (const { dpid, port } of copies?.outlets ?? []) {
    ports.set(dpid, (ports.get(dpid) ?? new Set()).add(port));
  }
  const found = new Map<Dpid, Delivering>();
  yield* forEach([...(copies?.entries ?? []), ...(copies?.ingress ?? [])], (ref) => {
    const parts = splitEntryRef(ref);
    const dpid = parts.dpid as Dpid;
    const out = ports.get(dpid);
    const flow = out && entry(ref);
    if (!out || !flow || previewedFlow(flow, out, number) === undefined) return;
    const known = found.get(dpid) ?? { keys: new Set(), ports: out };
    found.set(dpid, known);
    known.keys.add(parts.key);
  });
  return found;
}

/** The policies whose copies cannot be distinguished from those of the preview. */
function* indistinguishable(
  { policy }: PreviewRequest,
  delivering: ReadonlyMap<Dpid, Delivering>,
  { entry, taps, findingPolicies }: PreviewInputs,
): Steps<readonly PolicyId[]> {
  const shared: EntryRef[] = [];
  for (const [dpid, { keys }] of delivering) {
    for (const key of keys) {
      const ref = entryRef(dpid, key);
      // A rewriting rule matches where frames enter, and so only those that the policy requests.
      if (entry(ref)?.category !== "rewriting") shared.push(ref);
    }
  }
  const found: PolicyId[] = [];
  for (const other of yield* findingPolicies(shared)) {
    if (other !== policy && !(yield* areDistinguishable(taps(policy), taps(other))))
      found.push(other);
  }
  return found;
}
