// SPDX-License-Identifier: Apache-2.0
import type { GroupView } from "../../contract/groups.ts";
import { jsonLines } from "../output/output.ts";
import { pairLines, tableLines } from "../output/table.ts";
import { type Client, printAnswer } from "./client-command.ts";
import { deleteEach, originText } from "./documents.ts";

/** `vtap groups`. */
export async function listGroups(client: Client): Promise<number> {
  const answer = await client.rest.list("/groups");
  return printAnswer<{ items: GroupView[] }>(client, answer, ({ items }) => {
    if (items.length === 0) return ["no groups"];
    const rows = items.map((group) => [
      group.id,
      originText(group),
      String(group.members.length),
      group.members.slice(0, SHOWN).map(memberText).join(" ") +
        (group.members.length > SHOWN ? " …" : ""),
    ]);
    return tableLines(["ID", "ORIGIN", "COUNT", "MEMBERS"], rows);
  });
}

/** Most members of a group in a row. */
const SHOWN = 5;

/** `vtap groups show ID`. */
export async function showGroup(client: Client, id: string): Promise<number> {
  const answer = await client.rest.request("GET", `/groups/${encodeURIComponent(id)}`);
  return printAnswer<GroupView>(client, answer, (group) => {
    const { origin: _, revision, createdAt, updatedAt, ...document } = group;
    const pairs = pairLines([
      ["origin", originText(group)],
      ["revision", String(revision)],
      ["created", createdAt],
      ["updated", updatedAt],
    ]);
    return [...pairs, "", ...jsonLines(document)];
  });
}

/** `vtap groups delete ID…`. */
export function deleteGroups(client: Client, ids: readonly string[]): Promise<number> {
  return deleteEach(client, "/groups", ids);
}

function memberText(member: GroupView["members"][number]): string {
  if (typeof member === "string") return member;
  if (member.host !== undefined) return member.host;
  return member.workload === undefined ? `iface:${member.iface}` : `workload:${member.workload}`;
}
