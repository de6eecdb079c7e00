// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../../lang/steps.ts";
import { parseIpv4, parseIpv6, parseMac } from "../../openflow/wire/address.ts";
import {
  checkSchema,
  didYouMean,
  type JsonPath,
  type JsonProblem,
  MAX_PROBLEMS,
} from "../../topology/index.ts";
import { and, type Bits, countBits } from "../match-region/bits.ts";
import { type Field, VID_PRESENT } from "../match-region/fields.ts";
import type { Alternative, FilterTerm, HostReference } from "../match-region/filter-term.ts";
import {
  asInterval,
  coverIntervals,
  type Interval,
  listValues,
  MAX_LISTED_VALUES,
} from "../match-region/intervals.ts";
import { ANY_FRAGMENT } from "../match-region/ip-visibility.ts";
import { SERVICE_NAMES } from "../match-region/service-names.ts";
import { readFlagNames, TCP_FLAGS } from "../match-region/tcp-flags.ts";
import { VALUE_NAMES } from "../match-region/value-names.ts";
import { partyKey } from "../model/party.ts";
import { filterScalar, filterValue } from "./document.ts";
import type { GroupReader } from "./group-reader.ts";

/** What one value of a filter means. */
type Meaning =
  | { readonly kind: "anything" }
  | { readonly kind: "interval"; readonly interval: Interval }
  | { readonly kind: "masked"; readonly alternative: Alternative }
  | { readonly kind: "wrong"; readonly what: string; readonly remedy: string };

/** Where a filter is read, and into what. */
export interface FilterReading {
  readonly path: JsonPath;
  readonly problems: JsonProblem[];
  /** Most alternatives. */
  readonly most: number;
  /** Undefined: groups cannot be named here. */
  readonly groups?: GroupReader;
}

/** What a filter accepts: the members of a term but its field. */
type FilterValues = Omit<FilterTerm, "field">;

/** How many values are read in a step. */
const VALUES_PER_STEP = 64;

/**
 * Reads the values of a filter as the fewest equivalent alternatives, in steps. A group stands for its members
 * that are values of the field. Undefined when every value matches (`"*"`), when there are more
 * alternatives than `most`, or when it is no value; problems are appended, and no further value is read
 * when there are as many as are listed.
 */
export function* parseFilterValue(
  field: Field,
  document: unknown,
  reading: FilterReading,
): Steps<FilterValues | undefined> {
  const { path, problems, most } = reading;
  if (!Array.isArray(document)) {
    const checked = checkSchema(filterValue, document);
    if (!checked.ok) {
      problems.push(...checked.problems.map((each) => ({ ...each, path })));
      return undefined;
    }
  }
  const items: readonly unknown[] = Array.isArray(document) ? document : [document];
  if (items.length === 0) {
    problems.push({ path, what: "an empty list matches nothing", remedy: 'write "*" or a value' });
    return undefined;
  }
  const values = yield* readValues(field, items, reading, Array.isArray(document));
  if (values === undefined) return undefined;
  const { intervals, masked, hosts } = values;
  const covered = yield* coverIntervals(field, intervals, most);
  if (covered === undefined) {
    problems.push(field.maskable ? tooManyRules(field, path, most) : tooMany(field, path));
    return undefined;
  }
  const alternatives = masked.length === 0 ? covered : dropContained([...covered, ...masked]);
  return hosts.size === 0 ? { alternatives } : { alternatives, hosts: [...hosts.values()] };
}

/** What the values of a filter mean together. */
interface Values {
  readonly intervals: Interval[];
  readonly masked: Alternative[];
  readonly hosts: Map<string, HostReference>;
  anything: boolean;
}

/** Undefined when one of them is `"*"`, or when there are as many problems as are listed. */
function* readValues(
  field: Field,
  items: readonly unknown[],
  { path, problems, groups }: FilterReading,
  isList: boolean,
): Steps<Values | undefined> {
  const values: Values = { intervals: [], masked: [], hosts: new Map(), anything: false };
  let read = 0;
  for (const [index, item] of items.entries()) {
    const place = isList ? [...path, index] : path;
    const isGroup = typeof item === "string" && item.startsWith("@") && field.kind !== "uint";
    const group = isGroup ? groups?.values(field, item.slice(1), place, problems) : undefined;
    for (const host of group?.hosts ?? []) values.hosts.set(partyKey(host), host);
    for (const each of group?.texts ?? [item]) {
      if (++read % VALUES_PER_STEP === 0) yield;
      const wrong = addValue(values, readValue(field, each));
      if (wrong !== undefined) problems.push({ path: place, ...wrong });
      if (problems.length > MAX_PROBLEMS) return undefined;
    }
  }
  return values.anything ? undefined : values;
}

/** Adds what a value means; returns what is wrong with it. */
function addValue(
  values: Values,
  meaning: Meaning,
): Pick<JsonProblem, "what" | "remedy"> | undefined {
  switch (meaning.kind) {
    case "anything":
      values.anything = true;
      return undefined;
    case "interval":
      values.intervals.push(meaning.interval);
      return undefined;
    case "masked":
      values.masked.push(meaning.alternative);
      return undefined;
    case "wrong":
      return { what: meaning.what, remedy: meaning.remedy };
    default:
      return meaning satisfies never;
  }
}

function tooManyRules(field: Field, path: JsonPath, most: number): JsonProblem {
  const what = `the values of ${field.oxm} need more than the ${most} rules that are allowed`;
  return { path, what, remedy: "narrow them, split the policy, or raise ruleLimit" };
}

function tooMany(field: Field, path: JsonPath): JsonProblem {
  const what = `more than ${MAX_LISTED_VALUES} values of ${field.oxm}, which switches match one by one`;
  return { path, what, remedy: `name fewer values, or omit ${field.oxm}` };
}

/** How many different masks are compared for containment: the broadest ones. */
const MASKS_COMPARED = 32;

/** Drops repeated alternatives, and those that another one with one of the broadest masks contains. */
function dropContained(all: readonly Alternative[]): readonly Alternative[] {
  const valuesByMask = new Map<Bits, Set<Bits>>();
  const once = all.filter(({ value, mask }) => {
    const values = valuesByMask.get(mask);
    if (!values) valuesByMask.set(mask, new Set([value]));
    else if (values.has(value)) return false;
    else values.add(value);
    return true;
  });
  const broadest = [...valuesByMask]
    .sort(([a], [b]) => countBits(a) - countBits(b))
    .slice(0, MASKS_COMPARED);
  return once.filter(
    (one) =>
      !broadest.some(
        ([mask, values]) =>
          mask !== one.mask && and(one.mask, mask) === mask && values.has(and(one.value, mask)),
      ),
  );
}

function readValue(field: Field, item: unknown): Meaning {
  if (typeof item !== "number" && typeof item !== "string") return notScalar(item);
  if (item === "*") return { kind: "anything" };
  if (field.name === "vlanVid") return readVlan(field, item);
  if (field.name === "ipFrag") return readFragment(field, item);
  if (field.name === "tcpFlags") return readFlags(field, item);
  return readPlain(field, item, field.fullMask);
}

function notScalar(item: unknown): Meaning {
  const checked = checkSchema(filterScalar, item);
  const [problem] = checked.ok ? [] : checked.problems;
  return wrong(problem?.what ?? "this is not a value", problem?.remedy ?? "write one");
}

/** A VLAN id has 12 bits; the 13th is set when there is a tag. */
function readVlan(field: Field, item: number | string): Meaning {
  if (item === "none") return { kind: "masked", alternative: { value: 0, mask: field.fullMask } };
  const meaning = readPlain({ ...field, bits: 12, fullMask: 0xfff }, item, 0xfff);
  if (meaning.kind === "interval") {
    const low = Number(meaning.interval.low) + VID_PRESENT;
    return {
      kind: "interval",
      interval: { low, high: Number(meaning.interval.high) + VID_PRESENT },
    };
  }
  if (meaning.kind === "masked") {
    const value = Number(meaning.alternative.value) + VID_PRESENT;
    const mask = Number(meaning.alternative.mask) + VID_PRESENT;
    return { kind: "masked", alternative: { value, mask } };
  }
  return meaning;
}

/** Fragments by name: the numbers are Open vSwitch's own. */
function readFragment(field: Field, item: number | string): Meaning {
  if (item === "yes") {
    return { kind: "masked", alternative: { value: ANY_FRAGMENT, mask: ANY_FRAGMENT } };
  }
  const value = typeof item === "string" ? readScalar(field, item) : undefined;
  if (value === undefined || /^\d/.test(String(item))) {
    return wrong(
      `"${item}" is not a value of ${field.oxm}`,
      'write "no", "yes", "first" or "later"',
    );
  }
  return { kind: "masked", alternative: { value, mask: field.fullMask } };
}

/** Flags by name, or a number, also with a mask; a range of flags means nothing. */
function readFlags(field: Field, item: number | string): Meaning {
  if (typeof item === "number") return readPlain(field, item, field.fullMask);
  const named = readFlagNames(item, Number(field.fullMask));
  if (named !== undefined && "value" in named) return { kind: "masked", alternative: named };
  if (named === undefined && /^[0-9][^-]*$/.test(item))
    return readPlain(field, item, field.fullMask);
  const example = 'write "syn|ack" (these and no others), "+syn-ack" or "value/mask"';
  if (named === undefined) return wrong(`"${item}" is not a value of ${field.oxm}`, example);
  if ("twice" in named) return wrong(`"${item}" names ${named.twice} twice`, "remove one of them");
  const hint = didYouMean(named.unknown, Object.keys(TCP_FLAGS)) ?? example;
  return wrong(`"${named.unknown}" in "${item}" is not a flag of TCP`, hint);
}

/** The names that a filter accepts instead of numbers. */
function namesFor({ name, oxm }: Field): Readonly<Record<string, number>> {
  return SERVICE_NAMES[oxm] ?? VALUE_NAMES[name] ?? {};
}

function readPlain(field: Field, item: number | string, max: Bits): Meaning {
  if (typeof item === "number") return readNumber(field, item, max);
  const single = readScalar(field, item);
  if (single !== undefined) {
    if (single > max) return outOfRange(field, item, max);
    return { kind: "interval", interval: { low: single, high: single } };
  }
  const slash = item.indexOf("/");
  if (slash >= 0) return readMasked(field, item, slash, max);
  const dash = item.indexOf("-");
  // Names of services contain hyphens themselves.
  const isRange = dash > 0 && !(field.oxm in SERVICE_NAMES && /[a-z]/i.test(item));
  const low = isRange ? readScalar(field, item.slice(0, dash).trim()) : undefined;
  const high = isRange ? readScalar(field, item.slice(dash + 1).trim()) : undefined;
  if (low === undefined || high === undefined) return unreadable(field, item);
  if (low > max || high > max) return outOfRange(field, item, max);
  if (low > high) return wrong(`the range "${item}" ends before it starts`, "swap its ends");
  return { kind: "interval", interval: { low, high } };
}

function readNumber(field: Field, item: number, max: Bits): Meaning {
  if (field.kind !== "uint") return unreadable(field, String(item));
  if (!Number.isInteger(item))
    return wrong(`${item} is not a whole number`, "write a whole number");
  if (item < 0 || item > Number(max)) return outOfRange(field, String(item), max);
  return { kind: "interval", interval: { low: item, high: item } };
}

/** One value: an address, a name, a decimal or a 0x number. Undefined when it is none of them. */
function readScalar(field: Field, text: string): Bits | undefined {
  switch (field.kind) {
    case "mac":
      return parseMac(text);
    case "ipv4":
      return parseIpv4(text);
    case "ipv6":
      return parseIpv6(text);
    case "uint": {
      const named = namesFor(field);
      if (Object.hasOwn(named, text)) return named[text];
      return /^(0[xX][0-9a-fA-F]{1,12}|[0-9]{1,15})$/.test(text) ? Number(text) : undefined;
    }
  }
}

function readMasked(field: Field, item: string, slash: number, max: Bits): Meaning {
  const value = readScalar(field, item.slice(0, slash));
  const maskText = item.slice(slash + 1);
  if (value === undefined) return unreadable(field, item);
  const prefix =
    field.kind === "ipv4" || field.kind === "ipv6" ? prefixMask(field, maskText) : null;
  const mask = prefix ?? readScalar(field, maskText);
  if (mask === undefined) return unreadable(field, item);
  if (value > max || mask > max) return outOfRange(field, item, max);
  if (and(value, mask) !== value) {
    return wrong(
      `"${item}" has bits set outside its mask`,
      "clear them, or write the value without a mask",
    );
  }
  if (mask === (typeof mask === "bigint" ? 0n : 0)) {
    // A mask of 0 is meaningful for `vlan_vid` only: the frame has a tag.
    return field.name === "vlanVid"
      ? { kind: "masked", alternative: { value: 0, mask: 0 } }
      : { kind: "anything" };
  }
  const alternative = { value, mask };
  const interval = asInterval(field, alternative);
  if (interval !== undefined) return { kind: "interval", interval };
  if (field.maskable) return { kind: "masked", alternative };
  return wrong(
    `switches do not support a mask on ${field.oxm}`,
    listValues(field, alternative) ? "list the values, or write a range" : "write a range",
  );
}

/** The mask of a prefix length; null when the text is not a number, undefined when it is too long. */
function prefixMask(field: Field, text: string): Bits | null | undefined {
  if (!/^[0-9]{1,3}$/.test(text)) return null;
  const length = Number(text);
  if (length > field.bits) return undefined;
  const mask = (((1n << BigInt(length)) - 1n) << BigInt(field.bits - length)) as bigint;
  return field.bits > 48 ? mask : Number(mask);
}

const EXAMPLES = {
  mac: '"fa:00:00:00:00:01" or "01:00:00:00:00:00/01:00:00:00:00:00"',
  ipv4: '"10.1.1.1", "10.1.0.0/16" or "10.1.1.1-10.1.1.9"',
  ipv6: '"fd00::1" or "fd00::/64"',
  uint: 'a number, "0x…", a range "a-b" or "value/mask"',
} as const;

function unreadable(field: Field, item: string): Meaning {
  const names = Object.keys(namesFor(field));
  const hint = /^[a-z]/i.test(item) ? didYouMean(item, names) : undefined;
  const example = field.name === "vlanVid" ? '100, "100-199" or "none"' : EXAMPLES[field.kind];
  const known = names.length > 0 ? ` or a name (${names.slice(0, 6).join(", ")}, …)` : "";
  return wrong(`"${item}" is not a value of ${field.oxm}`, hint ?? `write ${example}${known}`);
}

function outOfRange(field: Field, item: string, max: Bits): Meaning {
  return wrong(`${item} is out of the range of ${field.oxm}`, `write 0 to ${max}`);
}

function wrong(what: string, remedy: string): Meaning {
  return { kind: "wrong", what, remedy };
}
