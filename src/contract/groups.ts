// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import type { Cause } from "./audit/actor.ts";
import { writtenMembers } from "./policies.ts";
import type { DeleteOutcome, Precondition, Rejection } from "./rejection.ts";
import type { JsonObject } from "./scalars.ts";

/** What has a name; one member is given. */
const reference = z.object({
  host: z.string().exactOptional(),
  iface: z.string().exactOptional(),
  workload: z.string().exactOptional(),
});

/** A group: the user's members as written, then its origin, revision and times. */
export const GroupView = z
  .looseObject({
    id: z.string(),
    members: z.array(z.union([z.string(), reference])).readonly(),
    ...writtenMembers,
  })
  .meta({ id: "AddressGroup", description: "Addresses and hosts that policies name together." });
export type GroupView = z.infer<typeof GroupView>;

/** The members that the controller adds to a group; ignored when a client sends them. */
export const groupReadOnlyMembers = writtenMembers;

type GroupWriteOutcome =
  | { readonly type: "created" | "replaced"; readonly group: GroupView }
  | Rejection;

/** What the API requires of the controller for groups. */
export interface GroupService {
  /** Groups in the order of their ids, after this one. */
  listGroups(query: { readonly after?: string; readonly limit: number }): {
    readonly items: readonly GroupView[];
    /** Whether there are further ones. */
    readonly more: boolean;
  };
  getGroup(id: string): GroupView | undefined;
  createGroup(document: JsonObject, cause: Cause): Promise<GroupWriteOutcome>;
  /** Creates or replaces the group with the document's `id`, which is always present here. */
  putGroup(
    document: JsonObject,
    precondition: Precondition,
    cause: Cause,
  ): Promise<GroupWriteOutcome>;
  /** `conflict` while a policy names it. */
  deleteGroup(id: string, precondition: Precondition, cause: Cause): Promise<DeleteOutcome>;
}
