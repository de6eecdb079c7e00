// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { defined } from "../../lang/defined.ts";
import { isGroupMac, parseMac, parseRegisterBit } from "../../openflow/index.ts";
import { MAX_PORT_NO, parseDpid } from "../dpid.ts";
import { DEFAULT_MARK, type ForwardingProfile, isBeside } from "../forwarding-profile.ts";
import { parseIpAddress } from "../ip-address.ts";
import { parsePassiveService } from "./passive-service.ts";
import { customIssue, MAX_PROBLEMS } from "./schema-problems.ts";

/** A MAC address of a host: not zero, no group address. */
export const macText = z.string().superRefine((text, context) => {
  const mac = parseMac(text);
  if (mac === undefined) {
    context.addIssue(
      customIssue(`"${text}" is not a MAC address`, 'write six bytes in hex: "fa:00:00:00:00:01"'),
    );
  } else if (mac === 0 || isGroupMac(mac)) {
    const what = `"${text}" is not the MAC address of a single host`;
    context.addIssue(customIssue(what, "write the MAC address of the host's interface"));
  }
});

/** IPv4 and IPv6 addresses of a host, checked no further than the problems that are described. */
export const ipTexts = z.array(z.string()).superRefine(
  (texts, context) => {
    let wrong = 0;
    for (const [index, text] of Array.isArray(texts) ? texts.entries() : []) {
      if (typeof text !== "string" || parseIpAddress(text) !== undefined) continue;
      const what = `"${text}" is not an IPv4 or IPv6 address`;
      context.addIssue(customIssue(what, 'write it like "10.1.1.1" or "fd00::1"', [index]));
      if (++wrong > MAX_PROBLEMS) return;
    }
  },
  // Also beside entries that are no texts, so that all problems are reported.
  { when: () => true },
);

const dpidText = z.string().superRefine((text, context) => {
  if (parseDpid(text) !== undefined) return;
  const what = `"${text}" is not a datapath id`;
  context.addIssue(customIssue(what, 'write 16 hex digits: "0000000000000001"'));
});

const nameText = z
  .string()
  .min(1)
  .max(64)
  .superRefine((text, context) => {
    if (parseDpid(text) === undefined) return;
    const what = `"${text}" can be read as a datapath id`;
    context.addIssue(customIssue(what, "choose a name that is not a datapath id"));
  });

/** An OpenFlow port: its number, or its name as reported by the switch. */
const portReference = z.union([z.int().min(1).max(MAX_PORT_NO), z.string().min(1).max(64)]);

const ipText = z.string().superRefine((text, context) => {
  if (parseIpAddress(text) !== undefined) return;
  const what = `${JSON.stringify(text)} is not an IPv4 or IPv6 address`;
  context.addIssue(customIssue(what, 'write it like "192.0.2.1" or "2001:db8::1"'));
});

const registerBit = z.string().superRefine((text, context) => {
  if (parseRegisterBit(text) !== undefined) return;
  const what = `${JSON.stringify(text)} is not a bit of a register`;
  const remedy = `write a register from 0 to 15 and a bit from 0 to 31: "${DEFAULT_MARK}"`;
  context.addIssue(customIssue(what, remedy));
});

/** What forwards the original packets on a switch; see `ForwardingProfile`. */
const forwardingProfile = z.union([
  z.enum(["paths", "normal", "beside"]),
  z
    .strictObject({
      table: z.int().min(1).max(253).optional(),
      beside: z
        .strictObject({
          mark: registerBit.optional(),
          mirrors: z.literal(true).optional(),
          endpoint: ipText.optional(),
        })
        .optional(),
    })
    .superRefine(({ table, beside }, context) => {
      if ((table === undefined) !== (beside === undefined)) return;
      const what = 'one of "table" and "beside" is expected';
      const remedy = `write { "table": 8 } or { "beside": { "mark": "${DEFAULT_MARK}" } }`;
      context.addIssue(customIssue(what, remedy));
    })
    .superRefine(({ beside }, context) => {
      if (beside?.mark === undefined || beside.mirrors === undefined) return;
      const what = "a switch whose frames mirrors hand over has no mark";
      context.addIssue(customIssue(what, 'remove "mark" or "mirrors"', ["beside", "mark"]));
    })
    .superRefine(({ beside }, context) => {
      if (beside?.endpoint === undefined || beside.mirrors) return;
      const what = "only where mirrors hand frames over tunnels for copies end";
      const remedy = 'add "mirrors": true, or remove "endpoint"';
      context.addIssue(customIssue(what, remedy, ["beside", "endpoint"]));
    }),
]);

/** The profile that a file writes. */
export function profileOf(written: z.output<typeof forwardingProfile>): ForwardingProfile {
  if (written === "beside") return { beside: { mark: DEFAULT_MARK } };
  if (typeof written === "string") return written;
  const { table, beside } = written;
  if (beside?.mirrors)
    return { beside: { mirrors: true, ...defined({ endpoint: beside.endpoint }) } };
  if (beside !== undefined) return { beside: { mark: beside.mark ?? DEFAULT_MARK } };
  if (table === undefined) throw new Error("the schema excludes other profiles");
  return { table };
}

/** The project (tenant) that something belongs to. */
export const projectText = z.string().superRefine((text, context) => {
  if (/^[a-z0-9][a-z0-9_-]{0,46}$/.test(text)) return;
  const remedy = 'write 1 to 47 of "a-z", "0-9", "_" and "-"';
  context.addIssue(customIssue(`${JSON.stringify(text)} is not the name of a project`, remedy));
});

const passiveService = z.string().superRefine((text, context) => {
  if (parsePassiveService(text) !== undefined) return;
  const what = `${JSON.stringify(text)} is not a place where a switch waits for connections`;
  const remedy = 'write "ptcp:HOST:PORT", "pssl:HOST:PORT" or "unix:/path/of/br0.mgmt"';
  context.addIssue(customIssue(what, remedy));
});

export const switchSchema = z
  .strictObject({
    dpid: dpidText,
    name: nameText.optional(),
    forwarding: forwardingProfile.default("paths"),
    fragments: z.literal("match").optional(),
    connect: passiveService.optional(),
    project: projectText.optional(),
  })
  .superRefine((value, context) => {
    if (value.fragments === undefined || !isBeside(profileOf(value.forwarding))) return;
    const what = "the fragment mode belongs to the application that owns the bridge";
    context.addIssue(customIssue(what, 'remove "fragments"', ["fragments"]));
  });

const linkEnd = z.strictObject({ switch: z.string(), port: portReference });

export const linkSchema = z.strictObject({
  a: linkEnd,
  b: linkEnd,
  weight: z.int().min(1).max(1_000_000).default(1),
  copyWeight: z.int().min(1).max(1_000_000).optional(),
  direct: z.boolean().optional(),
});

/** A host, in a file and as the body of `POST /hosts`. */
export const hostSchema = z.strictObject({
  name: z.string().min(1).max(64).optional(),
  mac: macText,
  ips: ipTexts.default([]),
  switch: z.string(),
  port: portReference,
  role: z.literal("monitor").optional(),
  sharedPort: z.boolean().optional(),
  project: projectText.optional(),
});

/** A topology file; entries are checked one by one, so that a bad entry does not hide errors of others. */
export const topologyFileSchema = z.strictObject({
  switches: z.array(z.unknown()).default([]),
  links: z.array(z.unknown()).default([]),
  hosts: z.array(z.unknown()).default([]),
});

export type SwitchDocument = z.output<typeof switchSchema>;
export type LinkDocument = z.output<typeof linkSchema>;
export type HostDocument = z.output<typeof hostSchema>;
