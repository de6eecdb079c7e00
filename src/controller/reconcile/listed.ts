import type { Action, Instruction } from "../../openflow/index.ts";
import {
  type BucketSpec,
  categoryOf,
  type EntryRef,
  type FlowKey,
  type FlowSpec,
  flowKey,
  isOwned,
} from "../../pipeline/index.ts";
import { actionSetKey, actionsKey, groupContent } from "./content-key.ts";
import { copyKey } from "./effective.ts";
import { type GroupIdRange, isOwnGroupId } from "./group-ids.ts";
import type { InstalledFlow, InstalledGroup } from "./installed.ts";
import { groupsIn, groupsInBuckets } from "./plan.ts";
import type { ListedFlow, ListedGroup, SwitchChannel } from "./switch-channel.ts";
import type { Tables } from "./tracker.ts";

/** Asks a switch for all it holds of ours, and for every group. */
export async function readTables(channel: SwitchChannel) {
  const [flows, groups] = await Promise.all([channel.readFlows(), channel.readGroups()]);
  if (flows.type !== "listed") return flows;
  if (groups.type !== "listed") return groups;
  return { type: "listed" as const, flows: flows.entries, groups: groups.entries };
}

/** What a switch lists, as the tracker keeps it. `desired` tells what installed copies rely on. */
export function tablesFromListing(
  listing: { readonly flows: readonly ListedFlow[]; readonly groups: readonly ListedGroup[] },
  desired: ReadonlyMap<FlowKey, FlowSpec>,
  range: GroupIdRange,
): Tables {
  const groups = new Map<number, InstalledGroup>();
  const foreignGroups = new Set<number>();
  for (const group of listing.groups) {
    if (isOwnGroupId(group.id, range)) groups.set(group.id, ownGroup(group, range));
    else foreignGroups.add(group.id);
  }
  const flows = new Map<FlowKey, InstalledFlow>();
  for (const listed of listing.flows) {
    if (!isOwned(listed.cookie)) continue;
    const flow = ownFlow(listed, range);
    flows.set(flow.key, withCopies(flow, desired.get(flow.key), groups));
  }
  return { flows, groups, foreignGroups };
}

function ownGroup(listed: ListedGroup, range: GroupIdRange): InstalledGroup {
  const { id, type, buckets } = listed;
  const groups = groupsInBuckets(buckets, range);
  return { id, type, buckets, key: groupContent(type, buckets), groups };
}

function ownFlow(listed: ListedFlow, range: GroupIdRange): InstalledFlow {
  const { table, priority, match, cookie, instructions } = listed;
  const actions = appliedActions(instructions);
  return {
    key: flowKey(listed),
    table,
    priority,
    match,
    cookie,
    actions: actions ?? [],
    // Instructions that we never send: equal to nothing, so that the entry is written anew.
    actionsKey: actions ? actionsKey(actions) : `instructions ${instructions.map(typeOf).join()}`,
    groups: groupsIn(usedActions(instructions), range),
    needs: [],
    copies: [],
    opaque: false,
    fulfils: undefined,
  };
}

const typeOf = ({ type }: Instruction) => type;

/** The actions of a flow entry that does nothing but apply actions. */
function appliedActions(instructions: readonly Instruction[]): readonly Action[] | undefined {
  const [first, ...others] = instructions;
  if (first === undefined) return [];
  if (others.length > 0 || first.type !== "applyActions") return undefined;
  return first.actions;
}

function usedActions(instructions: readonly Instruction[]): Action[] {
  return instructions.flatMap((each) =>
    each.type === "applyActions" || each.type === "writeActions" ? each.actions : [],
  );
}

/** Finds out what an installed flow entry's copies rely on, from what is wanted in its place. */
function withCopies(
  flow: InstalledFlow,
  spec: FlowSpec | undefined,
  groups: ReadonlyMap<number, InstalledGroup>,
): InstalledFlow {
  if (categoryOf(flow.cookie) !== "rewriting" || flow.groups.length === 0) return flow;
  const wanted = new Map<string, BucketSpec>();
  let originals = 0;
  for (const bucket of spec ? bucketsOf(spec) : []) {
    const key = bucket.role === "copy" ? copyKey(bucket) : undefined;
    if (key !== undefined) wanted.set(key, bucket);
    if (bucket.role === "original") originals++;
  }
  const needs: EntryRef[] = [];
  const copies: string[] = [];
  let strangers = 0;
  for (const bucket of flow.groups.flatMap((id) => groups.get(id)?.buckets ?? [])) {
    const key = actionSetKey(bucket.actions);
    const known = wanted.get(key);
    if (known) {
      needs.push(...(known.needs ?? []));
      copies.push(key);
    } else strangers++;
  }
  return { ...flow, needs, copies, opaque: strangers > originals };
}

function bucketsOf(spec: FlowSpec): readonly BucketSpec[] {
  return spec.actions.flatMap((action) => (action.type === "useGroup" ? action.group.buckets : []));
}
