import { isIP, isIPv6 } from "node:net";
import type { Endpoint, NumberRange } from "./serve-config.ts";
import { didYouMean } from "./suggestion.ts";

/** The value of a setting, or what is wrong with it: a clause each for what and remedy. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly what: string;
      readonly remedy: string;
      /** Where in the value; the whole of it when absent. */
      readonly at?: readonly (string | number)[];
    };

/** Reads the value of a setting from the text of a flag or variable, or from a JSON value. */
export type Parse<T> = (value: unknown) => Parsed<T>;

/** `HOST:PORT`; an IPv6 address in brackets; port 0 lets the system choose. */
export const endpoint: Parse<Endpoint> = (value) => {
  const [, bracketed, plain, digits = ""] =
    (typeof value === "string" && /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(value)) || [];
  const port = Number(digits);
  const host = bracketed ?? plain;
  const named = plain !== undefined && (isIP(plain) === 4 || isHostName(plain));
  if (host !== undefined && port <= 65_535 && (named || isIPv6(bracketed ?? ""))) {
    return { ok: true, value: { host, port } };
  }
  return wrong(
    value,
    "an address to listen on",
    'write HOST:PORT, such as "0.0.0.0:6653" or "[::1]:6653"',
  );
};

function isHostName(text: string): boolean {
  // All digits and dots is an IPv4 address that is not one.
  return (
    /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})?(\.[a-z0-9_]([a-z0-9_-]{0,62})?)*$/i.test(text) &&
    !/^[\d.]+$/.test(text)
  );
}

/** A path; not checked here. */
export const path: Parse<string> = (value) =>
  typeof value === "string" && value !== ""
    ? { ok: true, value }
    : wrong(value, "a path", "write the path of a file or directory");

/** A list of paths: a JSON list, or text that has been split already. A single string is a list of one. */
export const paths: Parse<readonly string[]> = (value) => {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const bad = list.find((item) => typeof item !== "string" || item === "");
  if (bad !== undefined) return wrong(bad, "a path", "write the paths of files or directories");
  return { ok: true, value: list as string[] };
};

/** One of some words; `what` says what they are. */
export function oneOf<T extends string>(words: readonly T[], what: string): Parse<T> {
  return (value) => {
    const known = words.find((word) => word === value);
    if (known) return { ok: true, value: known };
    const hint = typeof value === "string" ? didYouMean(value, words) : undefined;
    return wrong(value, what, hint ?? `write one of ${words.join(", ")}`);
  };
}

/** A number from `min` to `max`. */
export function numberBetween(min: number, max: number, whole: boolean): Parse<number> {
  const kind = whole ? "a whole number" : "a number";
  return (value) =>
    typeof value === "number" && value >= min && value <= max && (!whole || Number.isInteger(value))
      ? { ok: true, value }
      : wrong(value, `${kind} from ${min} to ${max}`, "write one");
}

/** `true` or `false`. */
export const yesOrNo: Parse<boolean> = (value) =>
  typeof value === "boolean"
    ? { ok: true, value }
    : wrong(value, "true or false", "write one of them, without quotes");

/** `"FIRST-LAST"`, decimal or 0x-hexadecimal, within `min` and `max`. */
export function rangeWithin(min: number, max: number, example: string): Parse<NumberRange> {
  return (value) => {
    const [, from, to] =
      (typeof value === "string" && /^(0x[0-9a-f]+|\d+)-(0x[0-9a-f]+|\d+)$/i.exec(value)) || [];
    const first = Number(from);
    const last = Number(to);
    if (first >= min && last <= max && first <= last) return { ok: true, value: { first, last } };
    return wrong(
      value,
      `a range within ${min} to ${max}`,
      `write "FIRST-LAST", such as "${example}"`,
    );
  };
}

/** A value that is not what was wanted; `remedy` is a clause. */
export function wrong(value: unknown, wanted: string, remedy: string): Parsed<never> {
  const text = JSON.stringify(value) ?? String(value);
  return { ok: false, what: `${text} is not ${wanted}`, remedy };
}
