// SPDX-License-Identifier: Apache-2.0
import { isIP, isIPv6 } from "node:net";
import { z } from "zod";
import { didYouMean } from "./suggestion.ts";
import { schemaType, type ValueType, wrong } from "./value-type.ts";

/** An address to listen on. With port 0 the system chooses a free port. */
export interface Endpoint {
  /** A name or an address; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Numbers from `first` to `last`, both included. */
export interface NumberRange {
  readonly first: number;
  readonly last: number;
}

const ENDPOINT = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/;

/** `HOST:PORT`; an IPv6 address in brackets. */
export const endpoint: ValueType<Endpoint> = {
  text: "`HOST:PORT`",
  schema: z.string().regex(ENDPOINT),
  parse(value) {
    const [, bracketed, plain, digits = ""] =
      (typeof value === "string" && ENDPOINT.exec(value)) || [];
    const port = Number(digits);
    const host = bracketed ?? plain;
    const named = plain !== undefined && (isIP(plain) === 4 || isHostName(plain));
    if (host !== undefined && port <= 65_535 && (named || isIPv6(bracketed ?? ""))) {
      return { ok: true, value: { host, port } };
    }
    const remedy = 'write HOST:PORT, such as "0.0.0.0:6653" or "[::1]:6653"';
    return wrong(value, "an address to listen on", remedy);
  },
};

/** An endpoint as users write it; an IPv6 address in brackets. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function isHostName(text: string): boolean {
  // Digits and dots alone are a malformed IPv4 address, not a name.
  return (
    /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})?(\.[a-z0-9_]([a-z0-9_-]{0,62})?)*$/i.test(text) &&
    !/^[\d.]+$/.test(text)
  );
}

const NAME = z.string().min(1);

/** A list of names and addresses, without ports. A single string is a list of one. */
export const hostNames: ValueType<readonly string[]> = {
  text: "list of names and addresses",
  schema: z.union([NAME, z.array(NAME)]),
  parse(value) {
    const list: unknown[] = Array.isArray(value) ? value : [value];
    const bad = list.find((item) => typeof item !== "string" || !isNameOrAddress(item));
    if (bad === undefined) return { ok: true, value: list as string[] };
    const remedy = 'write it without scheme and port, such as "vtap.example.org" or "192.0.2.7"';
    return wrong(bad, "a host name or an address", remedy);
  },
};

function isNameOrAddress(text: string): boolean {
  const [, bracketed] = /^\[(.*)\]$/.exec(text) ?? [];
  if (bracketed !== undefined) return isIPv6(bracketed);
  return isIP(text) !== 0 || isHostName(text.replace(/\.$/, ""));
}

const PATH = z.string().min(1);

/** A path; whether the file exists is checked later. */
export const path: ValueType<string> = {
  ...schemaType("path", PATH, (value) =>
    wrong(value, "a path", "write the path of a file or directory"),
  ),
  mapPaths: (value, map) => map(value),
};

/** A list of paths: a JSON list, or text that is split already. A single string is a list of one. */
export const paths: ValueType<readonly string[]> = {
  text: "list of paths",
  schema: z.union([PATH, z.array(PATH)]),
  parse(value) {
    const list: unknown[] = Array.isArray(value) ? value : [value];
    const bad = list.find((item) => !PATH.safeParse(item).success);
    if (bad !== undefined) return wrong(bad, "a path", "write the paths of files or directories");
    return { ok: true, value: list as string[] };
  },
  mapPaths: (value, map) => value.map(map),
};

/** One of some words; `what` names them in an error. */
export function oneOf<T extends string>(words: readonly T[], what: string): ValueType<T> {
  const text = words.map((word) => `\`${word}\``).join(", ");
  const type = schemaType<T>(text, z.literal([...words]), (value) => {
    const hint = typeof value === "string" ? didYouMean(value, words) : undefined;
    return wrong(value, what, hint ?? `write one of ${words.join(", ")}`);
  });
  return { ...type, words };
}

/** A list of some of these words; `what` names one of them in an error. */
export function someOf<T extends string>(
  words: readonly T[],
  what: string,
): ValueType<readonly T[]> {
  const text = `list of ${words.map((word) => `\`${word}\``).join(", ")}`;
  return schemaType<readonly T[]>(text, z.array(z.literal([...words])), (value) => {
    const isWord = (each: unknown) => (words as readonly unknown[]).includes(each);
    const bad = Array.isArray(value) ? value.find((each) => !isWord(each)) : value;
    const hint = typeof bad === "string" && !isWord(bad) ? didYouMean(bad, words) : undefined;
    return wrong(bad, what, hint ?? `write a list of ${words.join(", ")}`);
  });
}

/** A number from `min` to `max`. */
export function numberBetween(min: number, max: number): ValueType<number> {
  return numberType(`number from ${min} to ${max}`, z.number().min(min).max(max));
}

/** A whole number from `min` to `max`. */
export function wholeNumberBetween(min: number, max: number): ValueType<number> {
  return numberType(`whole number from ${min} to ${max}`, z.int().min(min).max(max));
}

function numberType(text: string, schema: z.ZodType<number>): ValueType<number> {
  return schemaType(text, schema, (value) => wrong(value, `a ${text}`, "write one"));
}

/** `true` or `false`. */
export const yesOrNo: ValueType<boolean> = schemaType("`true` or `false`", z.boolean(), (value) =>
  wrong(value, "true or false", "write one of them, without quotes"),
);

const RANGE = /^(0[xX][0-9a-fA-F]+|\d+)-(0[xX][0-9a-fA-F]+|\d+)$/;

/** `"FIRST-LAST"`, decimal or 0x-hexadecimal, within `min` and `max`. */
export function rangeWithin(min: number, max: number, example: string): ValueType<NumberRange> {
  const text = `a range within ${min} to ${max}`;
  return {
    text: `\`FIRST-LAST\`, ${text}`,
    schema: z.string().regex(RANGE),
    parse(value) {
      const [, from, to] = (typeof value === "string" && RANGE.exec(value)) || [];
      const first = Number(from);
      const last = Number(to);
      if (first >= min && last <= max && first <= last) return { ok: true, value: { first, last } };
      return wrong(value, text, `write "FIRST-LAST", such as "${example}"`);
    },
  };
}
