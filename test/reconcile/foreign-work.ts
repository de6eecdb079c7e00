// SPDX-License-Identifier: Apache-2.0
import { cookieFor, flowKey, isOwned } from "../../src/flow-model/index.ts";
import { output } from "../../src/openflow/index.ts";
import type { FakeTables } from "./fake-tables.ts";
import { forwarding } from "./specs.ts";

/** Ids of OpenVTAP's own range, which content seldom hashes to. */
const STRAY_ID = 0x76000001;

/** A foreign change to own tables, on the `nth` object that it applies to. */
type Work = (tables: FakeTables, nth: number) => void;

const WORK = {
  "delete an entry": (tables, nth) => {
    const flow = pick(ownFlows(tables), nth);
    if (flow) tables.flows.delete(flowKey(flow));
  },
  "delete everything": ({ flows, groups, meters }) => {
    for (const each of [flows, groups, meters]) each.clear();
  },
  "change actions": (tables, nth) => {
    const flow = pick(ownFlows(tables), nth);
    if (!flow) return;
    const instructions = nth % 2 ? [] : [{ type: "applyActions", actions: [output(77)] } as const];
    tables.flows.set(flowKey(flow), { ...flow, instructions });
  },
  "send to another group": (tables, nth) => {
    const [flow, group] = [pick(ownFlows(tables), nth), pick(tables.groups.values(), nth)];
    if (!flow || !group) return;
    const actions = [{ type: "group", groupId: group.id } as const];
    const instructions = [{ type: "applyActions", actions } as const];
    tables.flows.set(flowKey(flow), { ...flow, instructions });
  },
  /** Its cookie gives it another purpose: it is replaced. */
  "change the cookie": (tables, nth) => {
    const flow = pick(ownFlows(tables), nth);
    if (!flow) return;
    const cookie = cookieFor("guard", flowKey(flow));
    tables.flows.set(flowKey(flow), { ...flow, cookie });
  },
  "delete a group": (tables, nth) => {
    const group = pick(tables.groups.values(), nth);
    if (group) tables.deleteGroup(group.id);
  },
  "change a group": (tables, nth) => {
    const group = pick(tables.groups.values(), nth);
    if (group) tables.groups.set(group.id, { ...group, buckets: group.buckets.slice(nth % 3) });
  },
  "delete a meter": (tables, nth) => {
    const meter = pick(tables.meters.values(), nth);
    if (meter) tables.deleteMeter(meter.id);
  },
  "change a meter": (tables, nth) => {
    const meter = pick(tables.meters.values(), nth);
    const bands = [{ type: "drop", rate: 1 + (nth % 3), burstSize: 0 } as const];
    if (meter) tables.meters.set(meter.id, { ...meter, bands });
  },
  /** With an own cookie, where no entry is desired; it does what another entry does. */
  "stray entry": (tables, nth) => {
    const flow = pick(ownFlows(tables), nth);
    const { table, priority, match } = forwarding(90 + (nth % 3));
    const place = { table, priority, match };
    if (flow) tables.flows.set(flowKey(place), { ...flow, ...place });
  },
  "stray group": ({ groups }, nth) => {
    const id = STRAY_ID + (nth % 3);
    const buckets = pick(groups.values(), nth)?.buckets ?? [];
    groups.set(id, { id, type: nth % 2, buckets });
  },
  "stray meter": ({ meters }, nth) => {
    const id = STRAY_ID + (nth % 3);
    const { flags = 0, bands = [] } = pick(meters.values(), nth) ?? {};
    meters.set(id, { id, flags, bands });
  },
} as const satisfies Record<string, Work>;

export type ForeignWork = keyof typeof WORK;
export const FOREIGN_WORK = Object.keys(WORK) as ForeignWork[];

/** Applies the work, if there is an object for it. */
export function workOn(tables: FakeTables, work: ForeignWork, nth: number): void {
  WORK[work](tables, nth);
}

function ownFlows({ flows }: FakeTables) {
  return [...flows.values()].filter(({ cookie }) => isOwned(cookie));
}

function pick<T>(from: Iterable<T>, nth: number): T | undefined {
  const all = [...from];
  return all[nth % Math.max(1, all.length)];
}
