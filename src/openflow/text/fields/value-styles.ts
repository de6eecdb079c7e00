// SPDX-License-Identifier: Apache-2.0
import { formatIpv4, formatMac, parseIpv4, parseIpv6, parseMac } from "../../wire/address.ts";
import { type FlagNames, formatFlags, formatMaskedFlags, parseFlags } from "../values/flags.ts";
import {
  allOnes,
  hex,
  type Integer,
  ipv6Text,
  paddedHex,
  parseInteger,
  prefixLength,
  prefixMask,
} from "../values/numbers.ts";
import { formatPort, parsePort } from "../values/ports.ts";
import type { Located } from "../values/scanner.ts";
import { badValue } from "../values/text-error.ts";

/** A value and its mask, as read; without a mask, an exact match. */
interface ValueAndMask {
  readonly value: bigint;
  readonly mask?: bigint;
}

/** Text form of a field's value. */
export interface ValueStyle {
  format(value: Integer, mask: Integer | undefined, bits: number): string;
  /** @throws TextError */
  parse(text: Located, bits: number): ValueAndMask;
}

/** Text form of one number of a value or mask; the mask's form may differ. */
interface NumberForm {
  one(value: Integer): string;
  masked?(value: Integer): string;
  mask?(mask: Integer, bits: number): string;
  read(text: Located, bits: number): bigint;
  readMask?(text: Located, bits: number): bigint;
}

function splitMask(text: Located): { value: Located; mask?: Located } {
  const slash = text.text.indexOf("/");
  if (slash < 0) return { value: text };
  const mask = { text: text.text.slice(slash + 1), offset: text.offset + slash + 1 };
  return { value: { text: text.text.slice(0, slash), offset: text.offset }, mask };
}

function style(form: NumberForm): ValueStyle {
  const masked = form.masked ?? form.one;
  const maskText = form.mask ?? masked;
  const readMask = form.readMask ?? form.read;
  return {
    format: (value, mask, bits) =>
      mask === undefined ? form.one(value) : `${masked(value)}/${maskText(mask, bits)}`,
    parse(text, bits) {
      const parts = splitMask(text);
      const value = form.read(parts.value, bits);
      if (parts.mask === undefined) return { value };
      const mask = readMask(parts.mask, bits);
      return { value: value & mask, mask };
    },
  };
}

const readInteger = (text: Located, bits: number) => parseInteger(text.text, text.offset, bits);

/** A reader of addresses, with errors that name the expected kind. */
function readAddress(
  parse: (text: string) => number | bigint | undefined,
  kind: string,
  example: string,
) {
  return (text: Located): bigint => {
    const address = parse(text.text);
    if (address !== undefined) return BigInt(address);
    const detail = `${JSON.stringify(text.text)} is not an ${kind}`;
    throw badValue(text.offset, detail, `write it like ${example}`);
  };
}

const readIpv4 = readAddress(parseIpv4, "IPv4 address", "10.0.0.1");
const readIpv6 = readAddress(parseIpv6, "IPv6 address", "2001:db8::1");
const readMac = readAddress(parseMac, "Ethernet address", "fa:00:00:00:00:01");

/** The mask of an IP address: a prefix length if possible. */
function ipMask(format: (mask: Integer) => string) {
  return (mask: Integer, bits: number) => String(prefixLength(mask, bits) ?? format(mask));
}

function readIpMask(read: (text: Located) => bigint) {
  return (text: Located, bits: number): bigint => {
    if (!/^\d{1,3}$/.test(text.text)) return read(text);
    const length = Number(text.text);
    if (length <= bits) return prefixMask(length, bits);
    throw badValue(text.offset, `a prefix of ${length} bits`, `write at most ${bits}`);
  };
}

const ipv4 = (value: Integer) => formatIpv4(Number(value));
const ipv6 = (value: Integer) => ipv6Text(BigInt(value));
const mac = (value: Integer) => formatMac(Number(value));

/** `80`; `0x50/0xfff0` when masked, with at least this number of digits. */
export const maskedHex = (digits: number): ValueStyle =>
  style({ one: String, masked: (value) => paddedHex(value, digits), read: readInteger });

/** {@link maskedHex} with the digits of most numbers. */
export const decimal: ValueStyle = maskedHex(1);

/** `80`; `80/0xf` when masked, as in an action. */
export const decimalValue: ValueStyle = style({ one: String, mask: hex, read: readInteger });

/** `0x50`, `0`, `0x50/0xf0`. */
export const hexadecimal: ValueStyle = style({ one: hex, read: readInteger });

/** Hexadecimal with at least `digits` digits. */
export const fixedHex = (digits: number): ValueStyle =>
  style({ one: (value) => paddedHex(value, digits), read: readInteger });

/** `10.0.0.0/8`, `10.0.0.1/255.0.0.255`. */
export const ipv4Address: ValueStyle = style({
  one: ipv4,
  mask: ipMask(ipv4),
  read: readIpv4,
  readMask: readIpMask(readIpv4),
});

/** `fe80::/64`. */
export const ipv6Address: ValueStyle = style({
  one: ipv6,
  mask: ipMask(ipv6),
  read: readIpv6,
  readMask: readIpMask(readIpv6),
});

/** `01:00:00:00:00:00/01:00:00:00:00:00`. */
export const macAddress: ValueStyle = style({ one: mac, read: readMac });

/** A port number, or the name of a reserved one. */
export const port: ValueStyle = style({
  one: (value) => formatPort(Number(value)),
  read: (text) => BigInt(parsePort(text)),
});

/** `(1,0x800)`: a name space and a type of 16 bits each. */
export const packetType: ValueStyle = {
  format: (value) => `(${Number(value) >>> 16},${hex(Number(value) & 0xffff)})`,
  parse(text) {
    const [, space, type] = /^\((\w+),\s*(\w+)\)$/.exec(text.text) ?? [];
    if (space === undefined || type === undefined) {
      throw badValue(text.offset, `${text.text} is not a packet type`, "write it like (1,0x800)");
    }
    const value = parseInteger(space, text.offset, 16) << 16n;
    return { value: value | parseInteger(type, text.offset, 16) };
  },
};

const RESERVED_SINCE_1_1 = 0xffff0000;

/** A port number of OpenFlow 1.0, 16 bits wide, as Open vSwitch's own actions have it. */
export const olderPort: ValueStyle = style({
  one: (value) => formatPort(toPort(Number(value))),
  read: (text) => BigInt(fromPort(parsePort(text), text)),
});

/** A port number of 16 bits as one of 32. */
export function toPort(older: number): number {
  return older >= 0xff00 ? older + RESERVED_SINCE_1_1 : older;
}

/** A port number of 32 bits as one of 16. @throws TextError `bad-value` */
export function fromPort(number: number, text: Located): number {
  const older = number >= RESERVED_SINCE_1_1 ? number - RESERVED_SINCE_1_1 : number;
  if (older <= 0xffff) return older;
  throw badValue(text.offset, `port ${number} takes more than 16 bits`, "write at most 65279");
}

/** The six upper bits of the type of service, unshifted: `nw_tos=4` is DSCP 1. */
export const typeOfService: ValueStyle = {
  format: (value) => String(Number(value) << 2),
  parse: (text) => ({ value: parseInteger(text.text, text.offset, 8) >> 2n }),
};

/** `+new-est` for a mask, `new|est` for an exact value. */
export function flags(names: FlagNames): ValueStyle {
  return {
    format: (value, mask) =>
      mask === undefined
        ? formatFlags(names, Number(value))
        : formatMaskedFlags(names, Number(value), Number(mask)),
    parse: (text, bits) => parseFlags(names, text, bits),
  };
}

/**
 * Flags in a field with unnamed bits: Open vSwitch matches only the named bits, even if the text is
 * an exact value. `signed`: always printed with signs.
 */
export function statusFlags(names: FlagNames, { signed = false } = {}): ValueStyle {
  const all = allOnes(names.length);
  return {
    format(value, mask) {
      const named = BigInt(mask ?? all) & all;
      return named === all && !signed
        ? formatFlags(names, Number(value))
        : formatMaskedFlags(names, Number(value), Number(named));
    },
    parse(text, bits) {
      const { value, mask = all } = parseFlags(names, text, bits);
      if ((value | mask) <= all) return { value, mask };
      const remedy = `the flags are ${names.join(", ")}`;
      throw badValue(text.offset, `${text.text} has unknown flags`, remedy);
    },
  };
}

interface NamedValue extends ValueAndMask {
  readonly name: string;
}

/** Values with names, preferred name first; others are written as numbers. */
export function named(values: readonly NamedValue[]): ValueStyle {
  return {
    format(value, mask, bits) {
      const full = allOnes(bits);
      const effectiveMask = BigInt(mask ?? full);
      const found = values.find(
        (each) => each.value === BigInt(value) && (each.mask ?? full) === effectiveMask,
      );
      return found?.name ?? hexadecimal.format(value, mask, bits);
    },
    parse(text, bits) {
      const found = values.find((each) => each.name === text.text.toLowerCase());
      if (found === undefined) return parseNumber(text, bits, values);
      return found.mask === undefined
        ? { value: found.value }
        : { value: found.value, mask: found.mask };
    },
  };
}

function parseNumber(text: Located, bits: number, values: readonly NamedValue[]): ValueAndMask {
  if (/^\d/.test(text.text)) return hexadecimal.parse(text, bits);
  const names = [...new Set(values.map(({ name }) => name))].join(", ");
  throw badValue(
    text.offset,
    `${JSON.stringify(text.text)} is not a known value`,
    `write one of ${names}`,
  );
}
