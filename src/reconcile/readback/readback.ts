// SPDX-License-Identifier: Apache-2.0
import {
  type BucketSpec,
  categoryOf,
  type EntryRef,
  type FlowKey,
  type FlowSpec,
  flowKey,
  isOwned,
} from "../../flow-model/index.ts";
import { forEach, type Steps } from "../../lang/steps.ts";
import { type Action, canonicalMatch, type Instruction } from "../../openflow/index.ts";
import { actionSetKey, actionsKey, copyKey, groupContent } from "../model/content-key.ts";
import { type ForeignFlow, foreignFlow } from "../model/foreign-flow.ts";
import { groupsIn, groupsInBuckets } from "../model/group-content.ts";
import { type IdRange, isOwnId } from "../model/id-range.ts";
import type { InstalledFlow, InstalledGroup, InstalledMeter } from "../model/installed.ts";
import { meterContent, metersIn } from "../model/meter-content.ts";
import type {
  ListedFlow,
  ListedGroup,
  MeterListing,
  SwitchChannel,
} from "../model/switch-channel.ts";
import type { MeterTable, Tables } from "../model/tables.ts";

/** The tables of a switch as it lists them. */
export interface TableListing {
  readonly flows: readonly ListedFlow[];
  readonly groups: readonly ListedGroup[];
  readonly meters: Exclude<MeterListing, { type: "failed" }>;
}

/** The ranges of OpenVTAP's own ids. */
export interface OwnIds {
  readonly groupIds: IdRange;
  readonly meterIds: IdRange;
}

/** Reads every flow entry of OpenVTAP's table, every group and every meter. */
export async function readTables(channel: SwitchChannel) {
  const [flows, groups, meters] = await Promise.all([
    channel.readFlows(),
    channel.readGroups(),
    channel.readMeters(),
  ]);
  if (flows.type !== "listed") return flows;
  if (groups.type !== "listed") return groups;
  if (meters.type === "failed") return meters;
  const listing: TableListing = { flows: flows.entries, groups: groups.entries, meters };
  return { type: "listed" as const, listing };
}

/** Converts a listing to tracker tables. What installed copies rely on follows from `desired`. */
export function* tablesFromListing(
  listing: TableListing,
  desired: ReadonlyMap<FlowKey, FlowSpec>,
  own: OwnIds,
): Steps<Tables> {
  const groups = new Map<number, InstalledGroup>();
  const foreignGroups = new Set<number>();
  for (const group of listing.groups) {
    if (isOwnId(group.id, own.groupIds)) groups.set(group.id, ownGroup(group, own.groupIds));
    else foreignGroups.add(group.id);
    yield;
  }
  const flows = new Map<FlowKey, InstalledFlow>();
  const foreignFlows = new Map<FlowKey, ForeignFlow>();
  for (const listed of listing.flows) {
    yield;
    if (!isOwned(listed.cookie)) {
      foreignFlows.set(flowKey(listed), foreignFlow(listed));
      continue;
    }
    const flow = ownFlow(listed, own);
    flows.set(flow.key, withCopies(flow, desired.get(flow.key), groups));
  }
  const meters = yield* meterTable(listing.meters, own.meterIds);
  return { flows, groups, foreignGroups, meters, foreignFlows };
}

function* meterTable(listing: TableListing["meters"], range: IdRange): Steps<MeterTable> {
  const meters = new Map<number, InstalledMeter>();
  const foreign = new Set<number>();
  if (listing.type === "unsupported") return { meters, foreign, unsupported: listing.reason };
  yield* forEach(listing.entries, ({ id, flags, bands }) => {
    if (!isOwnId(id, range)) foreign.add(id);
    else meters.set(id, { id, flags, bands, key: meterContent(flags, bands) });
  });
  return { meters, foreign };
}

function ownGroup(listed: ListedGroup, range: IdRange): InstalledGroup {
  const { id, type, buckets } = listed;
  const groups = groupsInBuckets(buckets, range);
  return { id, type, buckets, key: groupContent(type, buckets), groups };
}

function ownFlow(listed: ListedFlow, { groupIds, meterIds }: OwnIds): InstalledFlow {
  const { table, priority, match, cookie, instructions, life } = listed;
  const applied = meteredActions(instructions);
  const { meter, actions } = applied ?? {};
  return {
    key: flowKey(listed),
    table,
    priority,
    // A switch may list fields in an order that it refuses itself: Open vSwitch puts `ip_frag` before the
    // ports, which then lack a prerequisite in later fragments.
    match: canonicalMatch(match),
    cookie,
    meter,
    actions: actions ?? [],
    // OpenVTAP never sends such instructions: equal to no key, so the entry is written again.
    actionsKey: actions
      ? actionsKey(actions, meter)
      : `instructions ${instructions.map(typeOf).join()}`,
    groups: groupsIn(usedActions(instructions), groupIds),
    meters: metersIn(meterOf(instructions), usedActions(instructions), meterIds),
    dependencies: [],
    copies: [],
    copySpecs: [],
    opaque: false,
    original: undefined,
    life,
    fulfils: undefined,
  };
}

const typeOf = ({ type }: Instruction) => type;

/** Meter and actions of a flow entry with no other instructions; undefined: it has others. */
function meteredActions(
  instructions: readonly Instruction[],
): { readonly meter: number | undefined; readonly actions: readonly Action[] } | undefined {
  const meter = meterOf(instructions);
  const [first, ...others] = instructions.filter(({ type }) => type !== "meter");
  if (first === undefined) return meter === undefined ? { meter, actions: [] } : undefined;
  if (others.length > 0 || first.type !== "applyActions") return undefined;
  return { meter, actions: first.actions };
}

function meterOf(instructions: readonly Instruction[]): number | undefined {
  for (const each of instructions) if (each.type === "meter") return each.meterId;
  return undefined;
}

function usedActions(instructions: readonly Instruction[]): Action[] {
  return instructions.flatMap((each) =>
    each.type === "applyActions" || each.type === "writeActions" ? each.actions : [],
  );
}

/** Derives what an installed flow entry's copies rely on from the desired entry of its key. */
function withCopies(
  flow: InstalledFlow,
  spec: FlowSpec | undefined,
  groups: ReadonlyMap<number, InstalledGroup>,
): InstalledFlow {
  if (categoryOf(flow.cookie) !== "rewriting" || flow.groups.length === 0) return flow;
  const requested = new Map<string, BucketSpec>();
  let originals = 0;
  for (const bucket of spec ? bucketsOf(spec) : []) {
    const key = bucket.role === "copy" ? copyKey(bucket) : undefined;
    if (key !== undefined) requested.set(key, bucket);
    if (bucket.role === "original") originals++;
  }
  const dependencies: EntryRef[] = [];
  const copies: string[] = [];
  const copySpecs: BucketSpec[] = [];
  let unknown = 0;
  for (const bucket of flow.groups.flatMap((id) => groups.get(id)?.buckets ?? [])) {
    const key = actionSetKey(bucket.actions);
    const known = requested.get(key);
    if (known) {
      dependencies.push(...(known.needs ?? []));
      copies.push(key);
      copySpecs.push(known);
    } else unknown++;
  }
  return { ...flow, dependencies, copies, copySpecs, opaque: unknown > originals };
}

function bucketsOf(spec: FlowSpec): readonly BucketSpec[] {
  return spec.actions.flatMap((action) => (action.type === "useGroup" ? action.group.buckets : []));
}
