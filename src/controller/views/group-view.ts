// SPDX-License-Identifier: Apache-2.0
import type { GroupView } from "../../contract/groups.ts";
import type { GroupEntry } from "../policies/group-registry.ts";

export function groupView(entry: GroupEntry): GroupView {
  const { group, document, origin, revision, createdAt, updatedAt } = entry;
  const members = document.members as GroupView["members"];
  return { ...document, ...{ id: group.id, members, origin, revision, createdAt, updatedAt } };
}
