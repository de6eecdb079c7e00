// SPDX-License-Identifier: Apache-2.0
import {
  type ActionSpec,
  type BucketSpec,
  entranceOf,
  type FlowActionSpec,
  type FlowSpec,
  type GroupSpec,
  NO_PORT,
  TAP_TABLE,
} from "../../flow-model/index.ts";
import { type Action, Port, resubmit, setField } from "../../openflow/index.ts";
import type { PortNo } from "../../topology/index.ts";
import { previewMetadata } from "./preview-metadata.ts";

/**
 * An entry that sends copies out of one of these ports, and then hands a copy of each to the rules of a preview;
 * undefined: it sends none.
 *
 * The copy is taken behind the output: what reaches the monitor is as before. Of a group, the bucket for the
 * monitor stays as it is, and one more follows it: a bucket has one output.
 */
export function previewedFlow(
  flow: FlowSpec,
  ports: ReadonlySet<PortNo>,
  number: number,
): FlowSpec | undefined {
  switch (flow.category) {
    case "recovery":
    case "treatment":
      return withTail(flow, ports, number);
    case "rewriting":
      return withBuckets(flow, ports, number);
    default:
      return undefined;
  }
}

/** Hands a copy to the rules of a preview. */
function handOver(number: number, truncate: number): readonly Action[] {
  return [setField("metadata", previewMetadata({ number, truncate })), resubmit(TAP_TABLE)];
}

function withTail(
  flow: FlowSpec,
  ports: ReadonlySet<PortNo>,
  number: number,
): FlowSpec | undefined {
  const truncate = truncationOf(flow.actions, ports);
  if (truncate === undefined) return undefined;
  return { ...flow, actions: [...flow.actions, ...handOver(number, truncate)] };
}

/** The bytes that leave by one of the ports, 0 for all; undefined: nothing leaves there. */
function truncationOf(
  actions: readonly FlowActionSpec[],
  ports: ReadonlySet<PortNo>,
): number | undefined {
  for (const action of actions) {
    if (action.type === "output" && ports.has(action.port as PortNo)) return 0;
    // Such an action has the lower half of a port's number.
    if (action.type === "nxOutputTrunc" && action.port !== NO_PORT) {
      if ([...ports].some((port) => (port & 0xffff) === action.port)) return action.maxLen;
    }
    const within = action.type === "nxClone" ? truncationOf(action.actions, ports) : undefined;
    if (within !== undefined) return within;
  }
  return undefined;
}

function withBuckets(
  flow: FlowSpec,
  ports: ReadonlySet<PortNo>,
  number: number,
): FlowSpec | undefined {
  const inPort = entranceOf(flow.match);
  const isOut = (port: number) =>
    ports.has(port as PortNo) || (port === Port.InPort && ports.has(inPort as PortNo));
  const preview: BucketSpec = { role: "copy", actions: handOver(number, 0) };
  let isPreviewed = false;
  const actions = flow.actions.map((action): FlowActionSpec => {
    if (action.type !== "useGroup") return action;
    const group: GroupSpec = {
      buckets: action.group.buckets.flatMap((bucket) => {
        if (bucket.role !== "copy" || !sends(bucket.actions, isOut)) return [bucket];
        isPreviewed = true;
        return [bucket, preview];
      }),
    };
    return { type: "useGroup", group };
  });
  return isPreviewed ? { ...flow, actions } : undefined;
}

function sends(actions: readonly ActionSpec[], isOut: (port: number) => boolean): boolean {
  return actions.some((action) => action.type === "output" && isOut(action.port));
}
