// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import {
  type Checked,
  checkSchema,
  type JsonPath,
  type JsonProblem,
} from "../../topology/index.ts";
import type { Group } from "../model/group.ts";
import { partyKey } from "../model/party.ts";
import type { GroupId, Party } from "../model/policy.ts";
import { documentId } from "./document.ts";
import { parseHostMac, parsePrefix } from "./identifiers.ts";
import { invalid } from "./invalid.ts";

const member = z.union([z.string().max(64), z.strictObject({ host: z.string().min(1).max(64) })]);

/** A group as users write it, in files, requests and responses. */
export const groupSchema = z.strictObject({
  id: documentId("group"),
  members: z.array(member).min(1).meta({
    description: 'MAC addresses, IP addresses, prefixes, and hosts by name: { "host": "h1" }',
  }),
});

/** The JSON of a group. */
type GroupDocument = z.input<typeof groupSchema>;

/** A group and its document. */
export interface ParsedGroup {
  readonly group: Group;
  readonly document: GroupDocument;
}

/** Reads a group from its JSON value. Reports all problems, with paths that start at `base`. */
export function parseGroup(value: unknown, base: JsonPath = []): Checked<ParsedGroup> {
  const checked = checkSchema(groupSchema, value);
  if (!checked.ok) return invalid(checked.problems, base);
  const problems: JsonProblem[] = [];
  const { id, members } = checked.value;
  const parties = members.flatMap((each, index) => {
    const path = ["members", index];
    return typeof each === "string" ? readAddress(each, path, problems) : [{ host: each.host }];
  });
  if (problems.length > 0) return invalid(problems, base);
  const distinct = [...new Map(parties.map((party) => [partyKey(party), party])).values()];
  const group = { id: id as GroupId, members: distinct };
  return { ok: true, value: { group, document: checked.value } };
}

function readAddress(text: string, path: JsonPath, problems: JsonProblem[]): Party[] {
  if (text.startsWith("@")) {
    const what = `a group cannot contain another one, but this is ${text}`;
    problems.push({ path, what, remedy: "list its members here" });
    return [];
  }
  if (/^([0-9a-fA-F]{1,2}:){5}[0-9a-fA-F]{1,2}$/.test(text)) {
    const mac = parseHostMac(text, path, problems);
    return mac === undefined ? [] : [{ mac }];
  }
  if (!/[.:]/.test(text)) {
    const what = `"${text}" is not an address`;
    const remedy = `write a MAC or IP address, a prefix, or { "host": ${JSON.stringify(text)} }`;
    problems.push({ path, what, remedy });
    return [];
  }
  const ip = parsePrefix(text, path, problems);
  return ip === undefined ? [] : [{ ip }];
}
