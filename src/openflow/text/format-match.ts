// SPDX-License-Identifier: Apache-2.0
import type { KnownOxmField } from "../oxm/codec.ts";
import { type OxmFieldName, oxmFieldByName } from "../oxm/fields.ts";
import type { Match } from "../oxm/match-codec.ts";
import {
  AFTER_VLAN,
  BEFORE_PROTOCOL,
  BEFORE_VLAN,
  type FieldText,
  fieldText,
} from "./fields/field-names.ts";
import { protocolOf } from "./fields/protocols.ts";
import { standardMatch } from "./fields/standard-fields.ts";
import { formatUnknown } from "./fields/unknown-field.ts";
import { formatVlan } from "./fields/vlan.ts";
import { allOnes } from "./values/numbers.ts";

type Fields = Map<OxmFieldName, KnownOxmField>;

const ORDERED = new Set<OxmFieldName>([
  ...[...BEFORE_PROTOCOL, ...BEFORE_VLAN, ...AFTER_VLAN].map(({ field }) => field),
  "vlanVid",
  "vlanPcp",
]);

/** The effective mask: none if it is all ones. */
function effectiveMask({ field, mask }: KnownOxmField): number | bigint | undefined {
  if (mask === undefined) return undefined;
  const full = allOnes(oxmFieldByName(field).bits);
  return (BigInt(mask) & full) === full ? undefined : mask;
}

function formatField(field: KnownOxmField, text: FieldText): string[] {
  const mask = effectiveMask(field);
  if (mask !== undefined && BigInt(mask) === 0n) return [];
  // Ethernet is implied on an Ethernet switch: ovs-ofctl omits it too.
  if (field.field === "packetType" && Number(field.value) === 0) return [];
  const { bits } = oxmFieldByName(field.field);
  return [`${text.name}=${text.style.format(field.value, mask, bits)}`];
}

function formatFields(
  fields: Fields,
  texts: readonly FieldText[],
  said: Set<OxmFieldName>,
): string[] {
  return texts.flatMap((text) => {
    const field = fields.get(text.field);
    return field === undefined || said.has(text.field) ? [] : formatField(field, text);
  });
}

function exactNumber(field: KnownOxmField | undefined): number | undefined {
  return field === undefined || effectiveMask(field) !== undefined
    ? undefined
    : Number(field.value);
}

/** The word for the protocol, and the fields that it implies. */
function formatProtocol(fields: Fields): { words: string[]; said: Set<OxmFieldName> } {
  const ethType = exactNumber(fields.get("ethType"));
  const ipProto = exactNumber(fields.get("ipProto"));
  const protocol = ethType === undefined ? undefined : protocolOf(ethType, ipProto);
  if (protocol === undefined) return { words: [], said: new Set() };
  const said: OxmFieldName[] =
    protocol.ipProto === undefined ? ["ethType"] : ["ethType", "ipProto"];
  return { words: [protocol.name], said: new Set(said) };
}

/** Parts of a match in the order of a dump. */
export function matchParts(match: Match): string[] {
  const fields: Fields = new Map();
  const unknown: string[] = [];
  for (const field of standardMatch(match)) {
    if (field.field === "unknown" || field.field === "experimenter")
      unknown.push(formatUnknown(field));
    else fields.set(field.field, field);
  }
  const { words, said } = formatProtocol(fields);
  const others = [...fields.values()].filter(({ field }) => !ORDERED.has(field));
  return [
    ...formatFields(fields, BEFORE_PROTOCOL, said),
    ...words,
    ...formatFields(fields, BEFORE_VLAN, said),
    ...formatVlan(narrow(fields, "vlanVid"), narrow(fields, "vlanPcp")),
    ...formatFields(fields, AFTER_VLAN, said),
    ...others.flatMap((field) => formatField(field, fieldText(field.field))),
    ...unknown,
  ];
}

function narrow(fields: Fields, name: "vlanVid" | "vlanPcp") {
  const field = fields.get(name);
  if (field === undefined) return undefined;
  const value = Number(field.value);
  return field.mask === undefined
    ? { field: name, value }
    : { field: name, value, mask: Number(field.mask) };
}

/**
 * A match as `ovs-ofctl dump-flows` prints it: `tcp,in_port=1,dl_vlan=5,tp_dst=80`; empty if it
 * covers every packet.
 */
export function formatMatch(match: Match): string {
  return matchParts(match).join(",");
}
