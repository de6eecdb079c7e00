// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { SCHEMA_KEY } from "../../src/cli/config/config-file.ts";
import { defaultText } from "../../src/cli/config/serve-flags.ts";
import {
  CONFIG_FLAG,
  SERVER_VARIABLE,
  SETTING_ROWS,
  type Setting,
  TOKEN_VARIABLE,
} from "../../src/cli/config/settings.ts";
import type { GeneratedBlock } from "./generated.ts";

/** The parts of docs/configuration.md that the settings table determines. */
export const CONFIGURATION_BLOCKS: readonly GeneratedBlock[] = [
  { name: "flags", text: flagsTable() },
  { name: "settings", text: settingsTable() },
];

/** The flags of `vtap serve` with their variables. */
function flagsTable(): string {
  const rows = SETTING_ROWS.flatMap(([key, { flag }]) => {
    if (!flag) return [];
    const [repeatable, commas] = flag.isList ? [" (repeatable)", " (commas)"] : ["", ""];
    const value = flag.value === undefined ? "" : ` ${flag.value.replaceAll("|", "\\|")}`;
    const written = `\`--${flag.name}${value}\`${repeatable}`;
    return [[written, `\`${flag.variable}\`${commas}`, `\`${key}\``]];
  });
  const { name, value, variable } = CONFIG_FLAG;
  return markdownTable(
    ["flag", "variable", "key in the config file"],
    [
      [`\`--${name} ${value}\``, `\`${variable}\``, ""],
      ...rows,
      ["`--server URL` of the client commands", `\`${SERVER_VARIABLE}\``, ""],
      ["none: the token of the client commands", `\`${TOKEN_VARIABLE}\``, ""],
    ],
  );
}

/** All settings by key. */
function settingsTable(): string {
  const rows = SETTING_ROWS.map(([key, setting]) => [
    `\`${key}\``,
    setting.description,
    `${setting.type.text}${setting.unit ? ` (${setting.unit})` : ""}`,
    markedDefault(setting),
    setting.reloadsFiles ? "restart; SIGHUP reloads the files" : "restart",
  ]);
  return markdownTable(["key", "meaning", "value", "default", "a change needs"], rows);
}

function markedDefault(setting: Setting): string {
  const text = defaultText(setting);
  return setting.default === undefined || text === setting.otherwise || text === "none"
    ? text
    : `\`${text}\``;
}

export function markdownTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [headings, widths.map((width) => "-".repeat(width)), ...rows].map(line).join("\n");
}

/** The JSON Schema of the config file, for editors; docs/config.schema.json. */
export function configSchema(): string {
  const properties = SETTING_ROWS.map(([key, setting]) => [key, propertySchema(setting)] as const);
  const schema = z
    .strictObject({ [SCHEMA_KEY]: z.string().optional(), ...Object.fromEntries(properties) })
    .meta({ title: "Configuration of OpenVTAP (vtap serve --config)" });
  return `${JSON.stringify(z.toJSONSchema(schema, { io: "input" }), null, 2)}\n`;
}

function propertySchema({ type, unit, description, default: value }: Setting): z.ZodType {
  const text = unit ? `${description} (${unit})` : description;
  const meta = { description: text.replaceAll("`", "") };
  return type.schema.meta(value === undefined ? meta : { ...meta, default: value }).optional();
}
