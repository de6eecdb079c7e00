// SPDX-License-Identifier: Apache-2.0
import type { KnownOxmField, OxmField } from "../../oxm/codec.ts";
import { type OxmFieldName, oxmFieldByName } from "../../oxm/fields.ts";
import type { Action } from "../../structures/action.ts";
import { NO_TRUNCATION, Port } from "../../structures/reserved.ts";
import { FIELDS_BY_TARGET, type FieldText, fieldText } from "../fields/field-names.ts";
import { makeField, renamed } from "../fields/standard-fields.ts";
import { fieldByHeader, parseSubfield } from "../fields/subfields.ts";
import {
  formatUnknown,
  namedArguments,
  namedNumber,
  parseUnknown,
} from "../fields/unknown-field.ts";
import { fromPort } from "../fields/value-styles.ts";
import { paddedHex, parseSmall } from "../values/numbers.ts";
import { parsePort, reservedPort, reservedPortName } from "../values/ports.ts";
import { type Item, items, type Located } from "../values/scanner.ts";
import { badSyntax, badValue, missing, unknownName } from "../values/text-error.ts";
import {
  type ActionRow,
  actionRow,
  argument,
  arrow,
  noArgument,
  numberArgument,
  type ReadContext,
} from "./action-row.ts";
import { formatRaw, readExperimenter, readUnknown } from "./raw-action.ts";
import { setBits } from "./set-bits.ts";

function formatOutput({ port, maxLen }: { port: number; maxLen: number }): string {
  if (port === Port.Controller) return `CONTROLLER:${maxLen}`;
  const name = reservedPortName(port) ?? `output:${port}`;
  // The length has a meaning only for the controller.
  return name;
}

/** `output:1`, `output:reg0[0..15]`, `output(port=1,max_len=64)`. */
function readOutput(item: Item): Action {
  const whole = argument(item, "output:1");
  if (item.form === "brackets" && whole.text.includes("=")) return readTruncation(item);
  const isField = fieldByHeader(whole.text.replace(/\[.*$/, "")) !== undefined;
  if (!isField || reservedPort(whole.text) !== undefined) return outputTo(parsePort(whole));
  const { field: src, ofs, nBits } = parseSubfield(whole);
  return { type: "nxOutputReg", range: { ofs, nBits }, src, maxLen: NO_TRUNCATION };
}

function readTruncation(item: Item): Action {
  const given = namedArguments(item);
  const port = given.get("port");
  const maxLen = namedNumber(given, "max_len", 32);
  if (port !== undefined && maxLen !== undefined) {
    return { type: "nxOutputTrunc", port: fromPort(parsePort(port), port), maxLen };
  }
  throw missing(
    item.key.offset,
    "a truncated output needs a port and a length",
    "write output(port=1,max_len=64)",
  );
}

/** An output with the default length of `ovs-ofctl`. */
export function outputTo(port: number): Action {
  return { type: "output", port, maxLen: port === Port.Controller ? NO_TRUNCATION : 0 };
}

/** `set_field:10.0.0.1->ip_dst`. */
export function formatSetField(field: OxmField): string {
  if (field.field === "unknown" || field.field === "experimenter") {
    return `set_field:${formatUnknown(field)}`;
  }
  const text = fieldText(renamed(field).field);
  const { bits } = oxmFieldByName(field.field);
  return `set_field:${text.targetStyle.format(field.value, field.mask, bits)}->${text.target}`;
}

/** The field named by an action's target: the first of those that share the name. */
function fieldOfTarget({ text, offset }: Located): FieldText {
  const found = FIELDS_BY_TARGET.get(text.toLowerCase())?.[0];
  if (found !== undefined) return found;
  throw unknownName(offset, "field", text, FIELDS_BY_TARGET.keys());
}

const SET_FIELD_EXAMPLE = "set_field:fa:00:00:00:00:01->eth_dst";

function readSetField(item: Item): Action | readonly Action[] {
  const whole = argument(item, SET_FIELD_EXAMPLE);
  const [first] = whole.text.startsWith("oxm(") ? items(whole) : [];
  if (first !== undefined) return { type: "setField", field: parseUnknown(first) };
  const { from, to } = arrow(item, SET_FIELD_EXAMPLE);
  const text = fieldOfTarget(to);
  const { bits } = oxmFieldByName(text.field);
  const { value, mask } = text.targetStyle.parse(from, bits);
  if (mask !== undefined) return setBits(text.field, value, mask);
  return { type: "setField", field: makeField(text.field, value) };
}

/** The field and value of an action that set_field has replaced. */
function settable(text: FieldText, value: Located): KnownOxmField {
  const parsed = text.targetStyle.parse(value, oxmFieldByName(text.field).bits);
  if (parsed.mask === undefined) return makeField(text.field, parsed.value);
  throw badValue(value.offset, "this action takes no mask", "write set_field:value/mask->field");
}

/** Actions of OpenFlow 1.0 and 1.1 that set_field has replaced, converted as by `ovs-ofctl`. */
function oldSetter(field: OxmFieldName, change: (value: number, offset: number) => number = same) {
  return (item: Item): Action => {
    const value = argument(item, `${item.key.text}:…`);
    const made = settable(fieldText(field), value);
    const changed = change(Number(made.value), value.offset);
    return { type: "setField", field: makeField(field, BigInt(changed)) };
  };
}

function same(value: number): number {
  return value;
}

function tagged(value: number, offset: number): number {
  if (value <= 0xfff) return value | 0x1000;
  throw badValue(offset, `VLAN ids end at 4095, not ${value}`, "write 0 to 4095");
}

function typeOfService(item: Item): Action {
  const { text, offset } = argument(item, "mod_nw_tos:8");
  const tos = parseSmall(text, offset, 8);
  if (tos & 3) throw badValue(offset, `${tos} sets bits of the ECN`, "write a multiple of 4");
  return { type: "setField", field: { field: "ipDscp", value: tos >> 2 } };
}

const TRANSPORTS: ReadonlyMap<number | bigint, string> = new Map([
  [6, "tcp"],
  [17, "udp"],
  [132, "sctp"],
]);

/** A transport port, of the protocol in the match. */
function transportPort(side: "Src" | "Dst") {
  return (item: Item, { match }: ReadContext): Action => {
    const ipProto = match.find(({ field }) => field === "ipProto") as KnownOxmField | undefined;
    const protocol = TRANSPORTS.get(ipProto?.value ?? 0);
    if (protocol !== undefined) return oldSetter(`${protocol}${side}` as OxmFieldName)(item);
    const name = side.toLowerCase();
    const remedy = `match tcp, udp or sctp, or write set_field:…->tcp_${name}, udp_${name}, sctp_${name}`;
    throw badSyntax(item.key.offset, `${item.key.text} needs a protocol in the match`, remedy);
  };
}

/** An action without arguments. */
function plain<T extends "copyTtlOut" | "copyTtlIn" | "decMplsTtl" | "popVlan" | "popPbb">(
  type: T,
  ...names: readonly [string, ...string[]]
): ActionRow {
  const read = (item: Item): Action => {
    noArgument(item);
    return { type } as Action;
  };
  return actionRow(type, () => names[0], Object.fromEntries(names.map((name) => [name, read])));
}

/** An action whose argument is an Ethernet type. */
function withEthertype(
  type: "pushVlan" | "pushMpls" | "popMpls" | "pushPbb",
  name: string,
  example: string,
): ActionRow {
  return actionRow(type, (action) => `${name}:${paddedHex(action.ethertype, 4)}`, {
    [name]: (item) => ({ type, ethertype: numberArgument(item, 16, `${name}:${example}`) }),
  });
}

/** The standard actions. */
export const STANDARD_ACTIONS: readonly ActionRow[] = [
  actionRow("output", formatOutput, { output: readOutput }),
  actionRow("group", ({ groupId }) => `group:${groupId}`, {
    group: (item) => ({ type: "group", groupId: numberArgument(item, 32, "group:1") }),
  }),
  actionRow("setField", ({ field }) => formatSetField(field), {
    set_field: readSetField,
    mod_dl_src: oldSetter("ethSrc"),
    mod_dl_dst: oldSetter("ethDst"),
    mod_nw_src: oldSetter("ipv4Src"),
    mod_nw_dst: oldSetter("ipv4Dst"),
    mod_vlan_vid: oldSetter("vlanVid", tagged),
    set_vlan_vid: oldSetter("vlanVid", tagged),
    mod_vlan_pcp: oldSetter("vlanPcp"),
    set_vlan_pcp: oldSetter("vlanPcp"),
    mod_nw_tos: typeOfService,
    mod_nw_ecn: oldSetter("ipEcn"),
    mod_tp_src: transportPort("Src"),
    mod_tp_dst: transportPort("Dst"),
    set_mpls_label: oldSetter("mplsLabel"),
    set_mpls_tc: oldSetter("mplsTc"),
    set_tunnel: oldSetter("tunnelId"),
    set_tunnel64: oldSetter("tunnelId"),
  }),
  withEthertype("pushVlan", "push_vlan", "0x8100"),
  plain("popVlan", "pop_vlan", "strip_vlan"),
  withEthertype("pushMpls", "push_mpls", "0x8847"),
  withEthertype("popMpls", "pop_mpls", "0x0800"),
  withEthertype("pushPbb", "push_pbb", "0x88e7"),
  plain("popPbb", "pop_pbb"),
  actionRow("setMplsTtl", ({ ttl }) => `set_mpls_ttl(${ttl})`, {
    set_mpls_ttl: (item) => ({
      type: "setMplsTtl",
      ttl: numberArgument(item, 8, "set_mpls_ttl(64)"),
    }),
  }),
  plain("decMplsTtl", "dec_mpls_ttl"),
  actionRow("setNwTtl", ({ ttl }) => `mod_nw_ttl:${ttl}`, {
    mod_nw_ttl: (item) => ({ type: "setNwTtl", ttl: numberArgument(item, 8, "mod_nw_ttl:64") }),
  }),
  actionRow("decNwTtl", () => "dec_ttl", {}),
  plain("copyTtlOut", "copy_ttl_out"),
  plain("copyTtlIn", "copy_ttl_in"),
  actionRow("setQueue", ({ queueId }) => `set_queue:${queueId}`, {
    set_queue: (item) => ({ type: "setQueue", queueId: numberArgument(item, 32, "set_queue:1") }),
  }),
  actionRow("experimenter", formatRaw, { experimenter: readExperimenter }),
  actionRow("unknown", formatRaw, { unknown: readUnknown }),
];
