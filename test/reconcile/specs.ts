// SPDX-License-Identifier: Apache-2.0
import {
  Band,
  type BucketSpec,
  type CategoryName,
  type EntryRef,
  entryRef,
  type FlowSpec,
  flowKey,
  type MeterSpec,
} from "../../src/flow-model/index.ts";
import { match, output, setField } from "../../src/openflow/index.ts";
import type { Dpid } from "../../src/topology/index.ts";
import { parseDpid } from "../../src/topology/index.ts";

export function dpidOf(number: number): Dpid {
  const dpid = parseDpid(number.toString(16).padStart(16, "0"));
  if (!dpid) throw new Error(`${number} is no dpid`);
  return dpid;
}

/** Specs of the kinds that the compilers make, small. */

/** Recovery rule number n: what the copies of number n rely on. */
export function recovery(n: number, port = 3): FlowSpec {
  return {
    table: 0,
    priority: Band.recovery,
    match: match({ ethSrc: 0x0e7a_0000_0000 + n, ethDst: 0xfa00_0000_0000 + n }),
    category: "recovery",
    actions: [setField("ethDst", 0xfa00_0000_0100 + n), output(port)],
  };
}

/** Transit rule number n: what it sends relies on other entries. */
export function transit(n: number, port: number, needs: readonly EntryRef[] = []): FlowSpec {
  return { ...plain("transit", Band.transit, n, port), needs };
}

export function forwarding(n: number, port = 1): FlowSpec {
  return plain("forwarding", Band.forwarding, n, port);
}

function plain(category: CategoryName, priority: number, n: number, port: number): FlowSpec {
  const where = match({ ethDst: 0xfa00_0000_0000 + n });
  return { table: 0, priority, match: where, category, actions: [output(port)] };
}

export function original(port = 1): BucketSpec {
  return { role: "original", actions: [output(port)] };
}

/** A copy that relies on recovery rule n of another switch. */
export function copy(n: number, needs: readonly EntryRef[] = [], port = 9): BucketSpec {
  return {
    role: "copy",
    actions: [setField("ethDst", 0xfa00_0000_0000 + n), output(port)],
    needs,
  };
}

/** Rewriting rule number n. */
export function rewriting(n: number, buckets: readonly BucketSpec[]): FlowSpec {
  return {
    table: 0,
    priority: Band.rewriting + 96,
    match: match({ ethSrc: 0xfa00_0001_0000 + n, ethDst: 0xfa00_0002_0000 + n }),
    category: "rewriting",
    actions: [{ type: "useGroup", group: { buckets } }],
  };
}

export function refTo(dpid: Dpid, spec: FlowSpec): EntryRef {
  return entryRef(dpid, flowKey(spec));
}

/** A treatment of copies: entry number n sends frames within its meter's rate. */
export function metered(n: number, meter: MeterSpec, port = 1): FlowSpec {
  return { ...forwarding(n, port), category: "transit", meter };
}

/** Entry number n sends frames to the controller, at the rate of a meter. */
export function punting(n: number, meter: MeterSpec): FlowSpec {
  const actions = [{ type: "punt" as const, maxLen: 0xffff, meter }];
  return { ...forwarding(n), category: "discovery", actions };
}
