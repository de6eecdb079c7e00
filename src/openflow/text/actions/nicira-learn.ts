// SPDX-License-Identifier: Apache-2.0
import type { LearnField, LearnSpec } from "../../nicira/learn.ts";
import { type OxmFieldName, oxmFieldByName } from "../../oxm/fields.ts";
import type { Action } from "../../structures/action.ts";
import { type FieldText, fieldText } from "../fields/field-names.ts";
import { renamed } from "../fields/standard-fields.ts";
import {
  fieldByHeader,
  formatSubfield,
  parseSubfield,
  type Subfield,
  wholeField,
} from "../fields/subfields.ts";
import { bytesText, hex, parseBytes, parseInteger, parseSmall } from "../values/numbers.ts";
import { type Item, items, type Located } from "../values/scanner.ts";
import { badSyntax, badValue, missing, unknownName } from "../values/text-error.ts";
import { type ActionOf, type ActionRow, actionRow } from "./action-row.ts";

type Learn = ActionOf<"nxLearn">;

const DEFAULT_PRIORITY = 32768;
const FLAGS: readonly (readonly [name: string, bit: number])[] = [
  ["send_flow_rem", 1],
  ["delete_learned", 2],
];

const TIMEOUTS = [
  ["idle_timeout", "idleTimeout"],
  ["hard_timeout", "hardTimeout"],
  ["fin_idle_timeout", "finIdleTimeout"],
  ["fin_hard_timeout", "finHardTimeout"],
] as const;

function constant(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytesText(bytes)}`);
}

function subfieldText({ field, ofs }: LearnField, nBits: number): string {
  return formatSubfield({ field, ofs, nBits });
}

/** The name of a field in an action's text, whichever code it has. */
function textOf(field: OxmFieldName): FieldText {
  const standard = renamed({ field, value: 0 } as Parameters<typeof renamed>[0]);
  return fieldText(standard.field);
}

/** `eth_type=0x800` for a whole field, `NXM_NX_REG0[0..15]=0x5` for a part of one. */
function formatConstantMatch(dst: LearnField, nBits: number, value: bigint): string {
  const name = dst.field.field;
  if (name !== "unknown" && dst.ofs === 0 && nBits === wholeField(name).nBits) {
    const text = textOf(name);
    const { bits } = oxmFieldByName(name);
    const number = bits > 48 ? value : Number(value);
    return `${text.target}=${text.targetStyle.format(number, undefined, bits)}`;
  }
  return `${subfieldText(dst, nBits)}=${hex(value)}`;
}

function sameField(a: LearnField, b: LearnField): boolean {
  return a.ofs === b.ofs && a.field.field === b.field.field && a.field.field !== "unknown";
}

function formatSpec({ nBits, src, dst }: LearnSpec): string {
  const source = src.type === "field" ? subfieldText(src, nBits) : hex(constant(src.value));
  if (dst.type === "output") return `output:${source}`;
  if (dst.type === "load") return `load:${source}->${subfieldText(dst, nBits)}`;
  if (src.type === "immediate") return formatConstantMatch(dst, nBits, constant(src.value));
  return sameField(src, dst) ? source : `${subfieldText(dst, nBits)}=${source}`;
}

function formatLearn(learn: Learn): string {
  const timeouts = TIMEOUTS.map(([name, key]) => (learn[key] === 0 ? "" : `${name}=${learn[key]}`));
  const parts = [
    `table=${learn.tableId}`,
    ...timeouts,
    learn.priority === DEFAULT_PRIORITY ? "" : `priority=${learn.priority}`,
    ...FLAGS.map(([name, bit]) => (learn.flags & bit ? name : "")),
    learn.cookie === 0n ? "" : `cookie=${hex(learn.cookie)}`,
    ...learn.specs.map(formatSpec),
  ];
  return `learn(${parts.filter((part) => part !== "").join(",")})`;
}

/** A constant in whole 16-bit words, as in a spec. */
function immediate(value: bigint, nBits: number): LearnSpec["src"] {
  const bytes = parseBytes(value.toString(16).padStart(4 * Math.ceil(nBits / 16), "0"));
  return { type: "immediate", value: bytes ?? new Uint8Array(0) };
}

function isSubfield(text: string): boolean {
  return fieldByHeader(text.replace(/\[.*$/, "")) !== undefined;
}

function from(subfield: Subfield): LearnSpec["src"] {
  return { type: "field", field: subfield.field, ofs: subfield.ofs };
}

/** `load:value->field`, `load:field->field`. */
function readLoad(item: Item): LearnSpec {
  const whole = item.value;
  const arrow = whole?.text.indexOf("->") ?? -1;
  if (whole === undefined || arrow < 0) {
    throw badSyntax(item.key.offset, 'load has no "->"', "write load:value->field");
  }
  const source = { text: whole.text.slice(0, arrow), offset: whole.offset };
  const { field, ofs, nBits } = parseSubfield({
    text: whole.text.slice(arrow + 2),
    offset: whole.offset + arrow + 2,
  });
  const dst = { type: "load", field, ofs } as const;
  return { nBits, src: readSource(source, nBits), dst };
}

function readSource(text: Located, nBits: number): LearnSpec["src"] {
  if (!isSubfield(text.text)) return immediate(parseInteger(text.text, text.offset, nBits), nBits);
  const source = parseSubfield(text);
  if (source.nBits === nBits) return from(source);
  const detail = `${text.text} is ${source.nBits} bits wide, not ${nBits}`;
  throw badValue(text.offset, detail, "name the same number of bits on both sides");
}

function readOutput({ key, value }: Item): LearnSpec {
  if (value === undefined) throw missing(key.offset, "output has no field", "write output:in_port");
  const source = parseSubfield(value);
  return { nBits: source.nBits, src: from(source), dst: { type: "output" } };
}

/** `eth_dst=eth_src`, `eth_type=0x800`, `reg0[0..15]=5`, `vlan_tci[0..11]`. */
function readMatch({ key, value }: Item): LearnSpec {
  const target = parseSubfield(key);
  const dst = { type: "match", field: target.field, ofs: target.ofs } as const;
  const { nBits } = target;
  if (value === undefined) return { nBits, src: from(target), dst };
  const name = target.field.field;
  const whole = name !== "unknown" && !key.text.includes("[") && nBits === wholeField(name).nBits;
  if (!whole || isSubfield(value.text)) return { nBits, src: readSource(value, nBits), dst };
  const { value: number, mask } = textOf(name).targetStyle.parse(value, oxmFieldByName(name).bits);
  if (mask !== undefined)
    throw badValue(value.offset, "a learned match has no mask", "name the bits");
  return { nBits, src: immediate(number, nBits), dst };
}

type Keys = { -readonly [K in Exclude<keyof Learn, "specs">]: Learn[K] };

type KeyReader = (keys: Keys, value: Located) => void;

const KEYS = new Map<string, KeyReader>(
  Object.entries<KeyReader>({
    table: (keys, { text, offset }) => {
      keys.tableId = parseSmall(text, offset, 8);
    },
    priority: (keys, { text, offset }) => {
      keys.priority = parseSmall(text, offset, 16);
    },
    cookie: (keys, { text, offset }) => {
      keys.cookie = parseInteger(text, offset, 64);
    },
    ...Object.fromEntries(
      TIMEOUTS.map(([name, key]) => [
        name,
        (keys: Keys, { text, offset }: Located) => {
          keys[key] = parseSmall(text, offset, 16);
        },
      ]),
    ),
  }),
);

const FLAG_BITS = new Map(FLAGS);
const SECOND_FORM = ["limit", "result_dst"];

function readSpec(item: Item): LearnSpec {
  const { key } = item;
  if (key.text === "load") return readLoad(item);
  if (key.text === "output") return readOutput(item);
  if (isSubfield(key.text)) return readMatch(item);
  if (SECOND_FORM.includes(key.text)) {
    throw badSyntax(
      key.offset,
      `${key.text} needs an action that this codec does not support`,
      "remove it",
    );
  }
  throw unknownName(key.offset, "argument of learn", key.text, [
    ...KEYS.keys(),
    ...FLAG_BITS.keys(),
    "load",
    "output",
  ]);
}

function readLearn(item: Item): Action {
  const keys: Keys = {
    type: "nxLearn",
    idleTimeout: 0,
    hardTimeout: 0,
    priority: DEFAULT_PRIORITY,
    cookie: 0n,
    flags: 0,
    tableId: 1,
    finIdleTimeout: 0,
    finHardTimeout: 0,
  };
  const specs: LearnSpec[] = [];
  for (const each of item.value === undefined ? [] : items(item.value)) {
    const bit = FLAG_BITS.get(each.key.text);
    const read = KEYS.get(each.key.text);
    if (bit !== undefined) keys.flags |= bit;
    else if (read === undefined) specs.push(readSpec(each));
    else if (each.value === undefined) {
      throw missing(each.key.offset, `${each.key.text} has no value`, `write ${each.key.text}=…`);
    } else read(keys, each.value);
  }
  return { ...keys, specs };
}

/** The learn action: flow entries built from packets. */
export const LEARN_ACTIONS: readonly ActionRow[] = [
  actionRow("nxLearn", formatLearn, { learn: readLearn }),
];
