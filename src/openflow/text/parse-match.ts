// SPDX-License-Identifier: Apache-2.0
import type { KnownOxmField, OxmField } from "../oxm/codec.ts";
import { type OxmFieldName, oxmFieldByName, type Prerequisite } from "../oxm/fields.ts";
import { canonicalMatch } from "../oxm/match.ts";
import type { Match } from "../oxm/match-codec.ts";
import { FIELDS_BY_NAME, type FieldText } from "./fields/field-names.ts";
import { PROTOCOLS, protocolByName } from "./fields/protocols.ts";
import { makeField, standardField } from "./fields/standard-fields.ts";
import { parseUnknown } from "./fields/unknown-field.ts";
import { parseDlVlan, parseVlanTci } from "./fields/vlan.ts";
import { type Item, items, type Located } from "./values/scanner.ts";
import { missing, TextError, unknownName } from "./values/text-error.ts";

/** A field of the match and its part of the text. */
interface Found {
  readonly field: OxmField;
  readonly key: Located;
}

/** A part whose name may mean several fields: the other parts decide which. */
interface Open {
  readonly texts: readonly FieldText[];
  readonly item: Item;
}

const SPECIAL: ReadonlyMap<string, (value: Located) => KnownOxmField[]> = new Map([
  ["dl_vlan", parseDlVlan],
  ["vlan_tci", parseVlanTci],
]);

const MATCH_NAMES = [
  ...FIELDS_BY_NAME.keys(),
  ...SPECIAL.keys(),
  ...PROTOCOLS.map(({ name }) => name),
];

function requiredValue({ key, value }: Item): Located {
  if (value !== undefined && value.text !== "") return value;
  throw missing(key.offset, `${key.text} has no value`, `write ${key.text}=…`);
}

/** Collects the fields of a match; ambiguous parts wait for the others. */
class MatchBuilder {
  readonly #found = new Map<string, Found>();
  readonly #unknown: OxmField[] = [];
  readonly #open: Open[] = [];

  add(key: Located, field: OxmField): void {
    if (field.field === "unknown" || field.field === "experimenter") {
      this.#unknown.push(field);
      return;
    }
    const before = this.#found.get(field.field);
    if (before !== undefined && !same(before.field as KnownOxmField, field)) {
      const detail = `${key.text} contradicts ${before.key.text} (character ${before.key.offset})`;
      throw new TextError({
        code: "contradiction",
        offset: key.offset,
        detail,
        remedy: "keep one",
      });
    }
    this.#found.set(field.field, { field, key });
  }

  addOpen(open: Open): void {
    this.#open.push(open);
  }

  /** Adds the VLAN tag that a priority field implies. */
  #implyTag(): void {
    const pcp = this.#found.get("vlanPcp");
    if (pcp === undefined || this.#found.has("vlanVid")) return;
    this.add(pcp.key, { field: "vlanVid", value: 0x1000, mask: 0x1000 });
  }

  build(): OxmField[] {
    this.#implyTag();
    // Names such as nw_proto decide the meaning of tp_src: two passes resolve any chain of names.
    for (let round = 0; round < 2; round++)
      this.#open.splice(0).forEach((open) => {
        this.#settle(open);
      });
    const [open] = this.#open;
    if (open !== undefined) throw this.#undecided(open);
    for (const { field, key } of this.#found.values()) this.#check(field as KnownOxmField, key);
    return [...[...this.#found.values()].map(({ field }) => field), ...this.#unknown];
  }

  #settle(open: Open): void {
    const text = open.texts.find(({ field }) => this.#unmet(field) === undefined);
    if (text === undefined) this.#open.push(open);
    else addField(this, text, open.item);
  }

  /** The first prerequisite of a field that does not hold. */
  #unmet(name: OxmFieldName): Prerequisite | undefined {
    return prerequisitesOf(name).find((each) => !holds(each, this.#found.get(each.field)?.field));
  }

  #check(field: KnownOxmField, key: Located): void {
    const unmet = this.#unmet(field.field);
    if (unmet === undefined) return;
    throw missing(
      key.offset,
      `${key.text} is invalid without its prerequisites`,
      remedyFor([field.field]),
    );
  }

  #undecided({ texts, item: { key } }: Open): TextError {
    const remedy = remedyFor(texts.map(({ field }) => field));
    return missing(key.offset, `${key.text} is invalid without its prerequisites`, remedy);
  }
}

const RARP = 0x8035;

/** Open vSwitch accepts the fields of ARP for RARP too. */
function prerequisitesOf(name: OxmFieldName): readonly Prerequisite[] {
  const needs = oxmFieldByName(name).prerequisites;
  if (!name.startsWith("arp")) return needs;
  return needs.map((each) => ({ ...each, values: [...each.values, RARP] }));
}

function same(a: KnownOxmField, b: KnownOxmField): boolean {
  return a.value === b.value && a.mask === b.mask;
}

function holds(needed: Prerequisite, field: OxmField | undefined): boolean {
  if (field === undefined || field.field === "unknown" || field.field === "experimenter")
    return false;
  if (needed.values.length === 0) return true;
  const { mask } = field;
  if (mask !== undefined && (Number(mask) & (needed.mask ?? -1)) !== needed.mask) return false;
  const value = needed.mask === undefined ? Number(field.value) : Number(field.value) & needed.mask;
  return needed.values.includes(value);
}

/** The words that provide the prerequisites of fields. */
function remedyFor(fields: readonly OxmFieldName[]): string {
  const words = fields.flatMap((name) => {
    const needs = new Map(
      oxmFieldByName(name).prerequisites.map((each) => [each.field, each.values]),
    );
    const types = needs.get("ethType");
    const protocols = needs.get("ipProto");
    return PROTOCOLS.filter(
      ({ ethType, ipProto }) =>
        types?.includes(ethType) &&
        (protocols === undefined ? ipProto === undefined : protocols.includes(ipProto ?? -1)),
    ).map((each) => each.name + (needs.has("icmpv6Type") ? " with icmp_type" : ""));
  });
  if (words.length === 0) return `see ovs-fields(7) for its prerequisites`;
  return `add ${[...new Set(words)].join(" or ")}`;
}

function addField(builder: MatchBuilder, text: FieldText, item: Item): void {
  const value = requiredValue(item);
  if (value.text === "*") return;
  const style = item.key.text === text.name ? text.style : styleFor(text, item.key.text);
  const { value: number, mask } = style.parse(value, oxmFieldByName(text.field).bits);
  for (const field of standardField(makeField(text.field, number, mask)))
    builder.add(item.key, field);
}

/** `ip_dscp` is written without the two bits below it, `nw_tos` with them. */
function styleFor(text: FieldText, name: string) {
  return name === text.target && text.targetStyle.parse !== undefined
    ? text.targetStyle
    : text.style;
}

function addItem(builder: MatchBuilder, item: Item, otherNames: readonly string[]): void {
  const { key } = item;
  const protocol = item.form === "bare" ? protocolByName(key.text) : undefined;
  if (protocol !== undefined) {
    builder.add(key, { field: "ethType", value: protocol.ethType });
    if (protocol.ipProto !== undefined)
      builder.add(key, { field: "ipProto", value: protocol.ipProto });
    return;
  }
  if (key.text === "eth" && item.form === "bare") {
    builder.add(key, { field: "packetType", value: 0 });
    return;
  }
  if (key.text === "oxm" && item.form === "brackets") {
    builder.add(key, parseUnknown(item));
    return;
  }
  const special = SPECIAL.get(key.text);
  if (special !== undefined) {
    for (const field of special(requiredValue(item))) builder.add(key, field);
    return;
  }
  const texts = FIELDS_BY_NAME.get(key.text);
  if (texts === undefined) {
    throw unknownName(key.offset, "match field", key.text, [...MATCH_NAMES, ...otherNames]);
  }
  const [only, ...more] = texts;
  if (only !== undefined && more.length === 0) addField(builder, only, item);
  else builder.addOpen({ texts, item });
}

/** Fields of a match from its parts, in the order of the text. @throws TextError */
export function readMatch(parts: readonly Item[], otherNames: readonly string[] = []): OxmField[] {
  const builder = new MatchBuilder();
  for (const item of parts) addItem(builder, item, otherNames);
  return builder.build();
}

/**
 * A match in canonical form from text in the syntax of `ovs-ofctl`: `tcp,in_port=1,tp_dst=80`.
 * Every field's prerequisites must be present (`nw_src` needs `ip`), and no field twice.
 * @throws TextError
 */
export function parseMatch(text: string): Match {
  return canonicalMatch(readMatch(items(text)));
}
