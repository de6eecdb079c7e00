// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { customIssue, projectText } from "../../topology/index.ts";
import { MAX_BALANCED } from "../model/balance.ts";
import { parseMoment } from "./moment.ts";

const MAX_PORT = 0xffffff00;
/** Characters of a pattern for names of ports; those of Linux have 15 at most. */
const MAX_PATTERN = 64;
/** 0 is no VLAN, and 4095 is reserved. @spec IEEE 802.1Q-2022 table 9-2 */
const MAX_VLAN = 4094;

/** Most characters of an `iface-id` or of the name of a workload. */
export const MOST_NAME_CHARACTERS = 320;

const portName = z.strictObject({
  switch: z.string().min(1),
  port: z.union([z.int().min(1).max(MAX_PORT), z.string().min(1).max(64)]),
});

/** `iface-id`s, and names such as namespace/pod. */
const interfaceName = z.string().min(1).max(MOST_NAME_CHARACTERS);

/** Names an end of a conversation or a monitor; all keys given must hold. */
const identifier = z
  .strictObject({
    mac: z.string().optional(),
    ip: z.string().optional(),
    host: z.string().min(1).max(64).optional(),
    iface: interfaceName.optional(),
    workload: interfaceName.optional(),
    port: portName.optional(),
  })
  .meta({
    description:
      "A host by MAC, IP (or prefix), name or switch port; an interface by its `iface-id`; a workload by name",
  });

/** A group, named where a party or a value is expected. */
export const GROUP_REFERENCE = /^@[a-z0-9._-]{1,64}$/;

/**
 * An identifier, or a group: any of its members. One object, not a union of two, so that a problem is
 * reported for the key that causes it.
 */
const endIdentifier = identifier
  .extend({ group: z.string().min(1).max(64).optional() })
  .superRefine(({ group, ...beside }, context) => {
    const [key] = Object.keys(beside);
    if (group === undefined || key === undefined) return;
    const what = `"group" stands alone, but ${JSON.stringify(key)} is given as well`;
    context.addIssue(customIssue(what, "write a list of both: any of them"));
  })
  .meta({
    description:
      'A host by MAC, IP (or prefix), name or switch port; an interface by its `iface-id`; a workload by name; or { "group": "…" }',
  });

const groupReference = z.string().regex(GROUP_REFERENCE, 'write "@group" or an object: { … }');

/** A sender or receiver: any host, one, a group, or a list of which any one is meant. */
const end = z.union([
  z.string().regex(/^any$|^@[a-z0-9._-]{1,64}$/, 'write "any", "@group" or an object: { … }'),
  endIdentifier,
  z.array(z.union([groupReference, endIdentifier])).min(1),
]);

/**
 * A monitor, or a balanced set of them. One object, not a union of two, so that a problem is reported
 * for the key that causes it.
 */
const monitor = identifier
  .extend({
    balance: z.array(identifier).min(1).max(MAX_BALANCED).optional(),
    local: z.string().min(1).max(MAX_PATTERN).optional(),
    rspanVlan: z.int().min(1).max(MAX_VLAN).optional(),
  })
  .superRefine((document, context) => {
    const sole = (["balance", "local", "rspanVlan"] as const).find(
      (key) => document[key] !== undefined,
    );
    const other = Object.keys(document).find((key) => key !== sole);
    if (sole === undefined || other === undefined) return;
    const what = `"${sole}" replaces a monitor, but ${JSON.stringify(other)} is given as well`;
    context.addIssue(
      customIssue(what, "make the monitor another entry of the list, or of the set"),
    );
  })
  .meta({
    description:
      'A monitor; or { "balance": [ … ] }: monitors that share the flows; or { "local": "probe-*" }: a port of each switch; or { "rspanVlan": 900 }: the ports of each switch in a VLAN',
  });

export const filterScalar = z.union([z.number(), z.string()]);

/** Values of a filter: a number, a string, or a list of which one value must hold. */
export const filterValue = z.union([z.number(), z.string(), z.array(filterScalar)]);

/** Filter values by OXM name in lower case; all must hold. */
const filters = z.record(z.string(), filterValue);

const share = z
  .number()
  .max(1)
  .superRefine((value, context) => {
    if (value > 0) return;
    context.addIssue(
      customIssue(`a sample of ${value} contains no flows`, "write more than 0, up to 1"),
    );
  })
  .meta({ exclusiveMinimum: 0 });

/** OpenFlow has 32 bits for a rate. */
const rate = z.int().min(1).max(0xffffffff);

const tunnelPort = [z.int().min(1).max(MAX_PORT), z.string().min(1).max(64)] as const;

const tunnel = z.strictObject({
  port: z.union(tunnelPort),
  remote: z.string().min(1).optional(),
  key: z.int().min(0).max(0xffffffff).optional(),
});

const copy = z.strictObject({
  delivery: z.enum(["auto", "rewrite", "mark", "tag", "tunnel", "overlay", "mirror"]).optional(),
  rewriteIp: z.boolean().optional(),
  tunnel: z.union([...tunnelPort, tunnel]).optional(),
  truncate: z.int().min(14).max(65_535).optional(),
  rateLimit: z
    .strictObject({ kbps: rate.optional(), pps: rate.optional(), burst: rate.optional() })
    .optional(),
  sample: share.optional(),
});

const moment = z
  .string()
  .superRefine((text, context) => {
    if (parseMoment(text) !== undefined) return;
    const remedy =
      'write date, time and offset, such as "2027-01-31T18:00:00Z" or "2027-01-31T18:00:00+01:00"';
    context.addIssue(customIssue(`"${text.slice(0, 80)}" is not a moment`, remedy));
  })
  .meta({ format: "date-time", description: "RFC 3339, with any offset; stored in UTC" });

const schedule = z
  .strictObject({ from: moment.optional(), until: moment.optional() })
  .superRefine(({ from, until }, context) => {
    if (from !== undefined || until !== undefined) return;
    context.addIssue(customIssue("a schedule without a moment", 'write "from", "until" or both'));
  });

const copies = z.int().min(1).optional();

const stopAfter = z
  .strictObject({ packets: copies, bytes: copies })
  .superRefine(({ packets, bytes }, context) => {
    if ((packets === undefined) !== (bytes === undefined)) return;
    const what =
      packets === undefined ? "a limit needs a unit" : "a limit has one unit, but this one has two";
    context.addIssue(customIssue(what, 'write { "packets": … } or { "bytes": … }'));
  });

/** The id of a document that REST has under this id. */
export function documentId(noun: "policy" | "group") {
  return z.string().superRefine((text, context) => {
    // "." and ".." are path segments with a meaning in URLs: no client could request such a document.
    if (/^[a-z0-9._-]{1,64}$/.test(text) && !/^\.{1,2}$/.test(text)) return;
    const what = `"${text.slice(0, 80)}" cannot be a ${noun}'s id`;
    context.addIssue(customIssue(what, 'write 1 to 64 of "a-z", "0-9", ".", "_" and "-"'));
  });
}

/** A policy as users write it, in files, requests and responses. */
export const policySchema = z.strictObject({
  id: documentId("policy").optional(),
  name: z.string().max(256).optional(),
  description: z.string().max(4096).optional(),
  reason: z.string().min(1).max(1000).optional(),
  enabled: z.boolean().optional(),
  project: projectText.optional().meta({
    description:
      "The project whose frames are copied: those that enter or leave its ports, to monitors at its ports.",
  }),
  expiresAt: moment.optional(),
  schedule: schedule.optional(),
  stopAfter: stopAfter.optional(),
  sender: end,
  receiver: end,
  monitors: z.array(monitor).min(1).max(64),
  direction: z.enum(["forward", "reverse", "both"]).optional(),
  filters: z.union([filters, z.array(filters).min(1)]).optional(),
  exclude: z.array(filters).optional(),
  copy: copy.optional(),
});

/**
 * A policy whose filters are of any shape: they are checked value by value when they are read, in steps, and
 * no further than the problems that are listed.
 */
export const policyOutline = policySchema.extend({
  filters: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown()).min(1)]).optional(),
  exclude: z.array(z.unknown()).optional(),
});

/** A policy file; entries are checked one by one, so that all errors of all entries are reported. */
export const policyFileSchema = z
  .strictObject({
    policies: z.array(z.unknown()).optional(),
    groups: z.array(z.unknown()).optional(),
  })
  .superRefine(({ policies, groups }, context) => {
    if (policies !== undefined || groups !== undefined) return;
    context.addIssue(customIssue('"policies" is missing', "add it", ["policies"]));
  });

/** The JSON of a policy. */
export type PolicyDocument = z.input<typeof policySchema>;

export type EndDocument = z.output<typeof end>;
export type EndIdentifierDocument = z.output<typeof endIdentifier>;
export type IdentifierDocument = z.output<typeof identifier>;
