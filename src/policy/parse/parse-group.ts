// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import {
  type Checked,
  checkSchema,
  customIssue,
  type JsonPath,
  type JsonProblem,
} from "../../topology/index.ts";
import type { Group } from "../model/group.ts";
import { partyKey } from "../model/party.ts";
import type { GroupId, Party } from "../model/policy.ts";
import { documentId, MOST_NAME_CHARACTERS } from "./document.ts";
import { parseHostMac, parsePrefix } from "./identifiers.ts";
import { invalid } from "./invalid.ts";

const interfaceName = z.string().min(1).max(MOST_NAME_CHARACTERS);

/** One object, not a union of three, so that a problem is reported for the key that causes it. */
const reference = z
  .strictObject({
    host: z.string().min(1).max(64).exactOptional(),
    iface: interfaceName.exactOptional(),
    workload: interfaceName.exactOptional(),
  })
  .superRefine((keys, context) => {
    const count = Object.keys(keys).length;
    if (count === 1) return;
    const what = count === 0 ? "this names no host" : "this has several keys";
    context.addIssue(customIssue(what, "give one of host, iface and workload"));
  });

const member = z.union([z.string().max(64), reference]);

/** A group as users write it, in files, requests and responses. */
export const groupSchema = z.strictObject({
  id: documentId("group"),
  members: z.array(member).min(1).meta({
    description:
      'MAC addresses, IP addresses, prefixes, and what has a name: { "host": "h1" }, { "iface": "…" } or { "workload": "…" }',
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
    return typeof each === "string" ? readAddress(each, path, problems) : [each];
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
