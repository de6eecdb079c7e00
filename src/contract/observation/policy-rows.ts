// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { PolicyState } from "../policies.ts";

const text = z.array(z.string()).readonly();
const count = z.array(z.int().min(0)).readonly();
const counted = z.array(z.int().min(0).nullable()).readonly().meta({
  description: "null: not known, because no switch that holds the policy's rules has been read.",
});
const texts = z.array(z.array(z.string()).readonly()).readonly();

/** An end of a conversation, as the table of figure 4 has it. */
const end = z
  .object({ host: text, mac: text, ip: text })
  .meta({ description: "Names and addresses as text; * is any. Several are separated by commas." });

/** The columns of the list of policies. */
export const PolicyColumns = z
  .object({
    id: text,
    name: text,
    state: z.array(PolicyState).readonly(),
    sender: end,
    receiver: end,
    direction: z.array(z.enum(["forward", "reverse", "both"])).readonly(),
    monitors: texts.meta({ description: "As the policy names them." }),
    filters: z
      .object({ ipProto: text, vlan: text, srcPort: text, dstPort: text, more: text })
      .meta({
        description:
          "Values as the policy has them; * is any. `more`: other filters, `name=value`. Filters of which any must hold are separated by ` | `.",
      }),
    copiedPackets: counted,
    deliveredPackets: counted,
    lostPackets: counted,
    delivery: text.meta({ description: "`copy.delivery` of the policy; auto unless it has one." }),
    origin: z.array(z.enum(["api", "file"])).readonly(),
    set: text.meta({ description: "The set that has applied it; empty: none." }),
    file: text.meta({ description: "The file that it is from; empty: none." }),
    project: text.meta({ description: "Empty: none." }),
    requester: text.meta({ description: "The user who created it; empty: not known." }),
    updatedAt: text,
    revision: count,
    reasons: texts.meta({ description: "Why the state is not active, in words." }),
  })
  .meta({ description: "Column by column: the values of the same index are of one policy." });
export type PolicyColumns = z.infer<typeof PolicyColumns>;

/** What policies can be ordered by: columns, and the share of copies that were lost. */
export const ROW_SORTS = [
  ...["id", "name", "state", "sender", "receiver", "direction", "monitors", "copiedPackets"],
  ...["deliveredPackets", "lostPackets", "delivery", "origin", "project", "requester"],
  ...["updatedAt", "revision", "lostShare"],
  ...["sender.host", "sender.mac", "sender.ip", "receiver.host", "receiver.mac", "receiver.ip"],
  ...["filters", "filters.ipProto", "filters.vlan", "filters.srcPort", "filters.dstPort"],
  "filters.more",
] as const;
export type RowSort = (typeof ROW_SORTS)[number];

/** A monitor, and how many of the policies found name it. */
const MonitorFacet = z.object({
  monitor: z.string().meta({ description: "As policies name it." }),
  policies: z.int().min(1),
});
export type MonitorFacet = z.infer<typeof MonitorFacet>;

/** A page of the list of policies, column by column. */
export const PolicyRowsView = z
  .object({
    total: z.int().min(0).meta({ description: "Policies on all pages together." }),
    columns: PolicyColumns,
    monitors: z.array(MonitorFacet).readonly().exactOptional().meta({
      description: "With `facet=monitors`: of all pages together, in the order of their names.",
    }),
    nextCursor: z.string().nullable().meta({ description: "Null on the last page." }),
  })
  .meta({ id: "PolicyRows" });
export type PolicyRowsView = z.infer<typeof PolicyRowsView>;

/** The place of a policy in an order: what it is ordered by, and its id. */
export type RowKey = readonly [value: string | number, id: string];

export interface PolicyRowsQuery {
  /** Words of which all must match; see docs/rest.md. */
  readonly q?: string;
  readonly state?: PolicyState;
  /** Only these policies. */
  readonly ids?: ReadonlySet<string>;
  readonly sort: RowSort;
  readonly isDescending: boolean;
  /** Only policies that follow this place in the order. */
  readonly after?: RowKey;
  /** How many policies are left out before the first one. */
  readonly offset?: number;
  readonly limit: number;
  /** Whether the monitors of all policies found are asked for. */
  readonly withMonitors?: boolean;
  /** Only policies that are limited to this project. */
  readonly project?: string;
}

export type PolicyRowsOutcome =
  | {
      readonly type: "rows";
      readonly columns: PolicyColumns;
      readonly total: number;
      readonly monitors?: readonly MonitorFacet[];
      /** Of the last row, if further ones follow. */
      readonly last: RowKey | undefined;
    }
  | {
      readonly type: "badQuery";
      readonly problems: readonly { readonly detail: string; readonly remedy: string }[];
    };

/** What the API requires of the controller for the list of policies as a table. */
export interface PolicyRowsService {
  listPolicyRows(query: PolicyRowsQuery): Promise<PolicyRowsOutcome>;
}
