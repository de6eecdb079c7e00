// SPDX-License-Identifier: Apache-2.0
import type { SettingView } from "../../contract/observation/settings.ts";

/** A piece of a description: plain, or code between backticks. */
export interface TextPart {
  readonly text: string;
  readonly isCode: boolean;
}

/** A Markdown clause without its links, which lead into the documentation's files. */
export function clauseParts(markdown: string): readonly TextPart[] {
  const plain = markdown.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
  return plain
    .split(/`([^`]*)`/)
    .map((text, index) => ({ text, isCode: index % 2 === 1 }))
    .filter(({ text }) => text !== "");
}

/** The value of a setting as text; undefined: it has none. */
export function valueText({ value, unit }: SettingView): string | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.length === 0) return "none";
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) {
    return value.join(", ");
  }
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return unit === undefined ? text : `${text} ${unit}`;
}
