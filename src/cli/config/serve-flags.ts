// SPDX-License-Identifier: Apache-2.0
import { type Command, type CommanderError, Option } from "commander";
import { CONFIG_FLAG, SETTING_ROWS, type Setting } from "./settings.ts";

/** The flags of `vtap serve` as commander returns them. */
export type ServeFlags = Readonly<Record<string, string | readonly string[] | boolean | undefined>>;

/** Adds the flags of `vtap serve` to a command, with their help. */
export function addServeFlags(command: Command): Command {
  command.allowExcessArguments(false);
  command.option(`--${CONFIG_FLAG.name} <${CONFIG_FLAG.value}>`, CONFIG_FLAG.description);
  for (const [, setting] of SETTING_ROWS) {
    const { flag } = setting;
    if (!flag) continue;
    const value = flag.value === undefined ? "" : ` <${flag.value}>`;
    const option = new Option(`--${flag.name}${value}`, flagHelp(setting));
    // Beside its opposite a negative flag has no default, which would override the config file.
    if (option.negate)
      command.addOption(new Option(option.long?.replace("no-", "") ?? "").hideHelp());
    if (flag.isList) option.argParser((value, before: string[] = []) => [...before, value]);
    command.addOption(option);
  }
  return command.addHelpText("after", helpNotes());
}

/** The message of commander on one line. */
export function usageError(error: CommanderError): string {
  return error.message.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " ");
}

/** The default of a setting in words: its value in the notation of the config file. */
export function defaultText({ default: value, otherwise = "none" }: Setting): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return otherwise;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function flagHelp(setting: Setting): string {
  const { description, type, flag } = setting;
  const words = type.words ? `: ${type.words.join(", ")}` : "";
  const repeatable = flag?.isList ? "; repeatable" : "";
  return plain(`${description}${words}${repeatable} (default: ${defaultText(setting)})`);
}

function helpNotes(): string {
  const rows = SETTING_ROWS.map(([, row]) => row.flag).filter((flag) => flag !== undefined);
  const variables = [CONFIG_FLAG, ...rows].map(({ variable }) => variable);
  const fileOnly = SETTING_ROWS.filter(([, { flag }]) => !flag);
  const width = Math.max(...fileOnly.map(([key]) => key.length));
  const lines = fileOnly.map(([key, setting]) => `  ${key.padEnd(width)}  ${fileHelp(setting)}`);
  return `
Each flag has an environment variable (${variables.join(", ")}; commas separate the values of a list)
and a key in the config file (${SETTING_ROWS.flatMap(([key, { flag }]) => (flag ? [key] : [])).join(", ")}).
A flag overrides its variable, which overrides the config file. Paths in the config file are relative to it.

Settings of the config file only:
${lines.join("\n")}`;
}

function fileHelp(setting: Setting): string {
  const { type, description } = setting;
  return plain(`${description}; ${type.text} (default: ${defaultText(setting)})`);
}

/** Markdown without its code marks, for a terminal. */
function plain(markdown: string): string {
  return markdown.replaceAll("`", "");
}
