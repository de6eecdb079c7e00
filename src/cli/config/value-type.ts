// SPDX-License-Identifier: Apache-2.0
import type { z } from "zod";

/** The value of a setting, or what is wrong with it: a clause each for what and remedy. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly what: string;
      readonly remedy: string;
      /** Path within the value; the whole value when absent. */
      readonly at?: readonly (string | number)[];
    };

/** Reads the value of a setting from the text of a flag or variable, or from a JSON value. */
type Parse<T> = (value: unknown) => Parsed<T>;

/** The type of a setting: its text in the reference, its JSON Schema and its parser. */
export interface ValueType<T> {
  /** Markdown; names the accepted values in the configuration reference. */
  readonly text: string;
  /** All accepted values, when they are a few fixed words. */
  readonly words?: readonly string[];
  /** What a config file may hold. */
  readonly schema: z.ZodType;
  readonly parse: Parse<T>;
  /** The value with each of its file paths replaced. Absent: the value contains no paths. */
  mapPaths?(value: T, map: (path: string) => string): T;
}

/** A type whose values need no conversion: the schema alone accepts or rejects them. */
export function schemaType<T>(
  text: string,
  schema: z.ZodType<T>,
  explain: (value: unknown) => Parsed<never>,
): ValueType<T> {
  return {
    text,
    schema,
    parse(value) {
      const { success, data } = schema.safeParse(value);
      return success ? { ok: true, value: data } : explain(value);
    },
  };
}

/** Reports an invalid value; `remedy` is a clause. */
export function wrong(value: unknown, expected: string, remedy: string): Parsed<never> {
  const text = JSON.stringify(value) ?? String(value);
  return { ok: false, what: `${text} is not ${expected}`, remedy };
}
