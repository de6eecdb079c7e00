import { Command, CommanderError, Option } from "commander";
import { type ConfigFile, type ConfigReader, readConfigFile } from "./config-file.ts";
import { formatEndpoint, SERVE_DEFAULTS, type ServeConfig } from "./serve-config.ts";
import { CONFIG_FLAG, SETTINGS, type Setting, VARIABLES } from "./settings.ts";
import { didYouMean } from "./suggestion.ts";

/** The settings, or one line for everything wrong with them. */
export type ConfigResult =
  | { readonly ok: true; readonly config: ServeConfig }
  | { readonly ok: false; readonly errors: readonly string[] };

export type Environment = Readonly<Record<string, string | undefined>>;

/** The flags of `vtap serve` as commander gives them. */
export type ServeFlags = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface ConfigSources extends ConfigReader {
  /** What follows `vtap serve`. */
  readonly argv: readonly string[];
  readonly env: Environment;
}

/** Reads all settings of `vtap serve`: a flag wins over its variable, that over the config file. */
export function resolveConfig({ argv, ...sources }: ConfigSources): ConfigResult {
  const command = addServeFlags(new Command("serve"))
    .exitOverride()
    .helpOption(false)
    .configureOutput({ writeErr: () => undefined });
  try {
    command.parse([...argv], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return { ok: false, errors: [usageError(error)] };
    throw error;
  }
  return resolveSettings({ ...sources, flags: command.opts<ServeFlags>() });
}

/** Gives a command the flags of `vtap serve`. */
export function addServeFlags(command: Command): Command {
  command.allowExcessArguments(false);
  command.option(`--${CONFIG_FLAG.name} <${CONFIG_FLAG.value}>`, CONFIG_FLAG.help);
  for (const { flag, isList } of SETTINGS) {
    if (!flag) continue;
    const otherwise = flag.otherwise === undefined ? "" : ` (default: ${flag.otherwise})`;
    const option = new Option(`--${flag.name} <${flag.value}>`, `${flag.help}${otherwise}`);
    if (isList) option.argParser((value, before: string[] = []) => [...before, value]);
    command.addOption(option);
  }
  return command;
}

/** What commander says of a command line, on one line. */
export function usageError(error: CommanderError): string {
  return error.message.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " ");
}

/** Puts flags, variables, config file and defaults together. */
export function resolveSettings({
  flags,
  env,
  ...reader
}: Omit<ConfigSources, "argv"> & { readonly flags: ServeFlags }): ConfigResult {
  const errors = unknownVariables(env);
  const set = (name: string): string | undefined => env[name] || undefined;
  const file = flags[CONFIG_FLAG.name] ?? set(CONFIG_FLAG.variable);
  const fromFile: ConfigFile =
    typeof file === "string" ? readConfigFile(file, reader) : { values: {}, errors: [] };
  errors.push(...fromFile.errors);
  const given: [string, unknown][] = [];
  for (const setting of SETTINGS) {
    const source = givenFor(setting, flags, set);
    if (!source) continue;
    const parsed = setting.parse(source.value);
    if (parsed.ok) given.push([setting.key, parsed.value]);
    else errors.push(`${source.name}: ${parsed.what}, ${parsed.remedy}`);
  }
  const { openflow, ...defaults } = SERVE_DEFAULTS;
  const chosen: Partial<ServeConfig> = { ...fromFile.values, ...Object.fromEntries(given) };
  // Its default would be in the way of a listener on all addresses, and an open door beside TLS.
  const config: ServeConfig = {
    ...(chosen.openflowListeners ? {} : { openflow }),
    ...defaults,
    ...chosen,
  };
  errors.push(...contradictions(config));
  return errors.length > 0 ? { ok: false, errors } : { ok: true, config };
}

function givenFor(
  { flag, isList, key }: Setting,
  flags: ServeFlags,
  set: (name: string) => string | undefined,
): { name: string; value: unknown } | undefined {
  if (!flag) return undefined;
  const fromFlag = flags[key];
  if (fromFlag !== undefined) return { name: `--${flag.name}`, value: fromFlag };
  const variable = set(flag.variable);
  if (variable === undefined) return undefined;
  return { name: flag.variable, value: isList ? variable.split(",") : variable };
}

function unknownVariables(env: Environment): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith("VTAP_") && !VARIABLES.includes(name))
    .sort()
    .map((name) => {
      const remedy = didYouMean(name, VARIABLES) ?? `unset it; known are ${VARIABLES.join(", ")}`;
      return `unknown environment variable ${name}, ${remedy}`;
    });
}

function contradictions(config: ServeConfig): string[] {
  const { openflow, openflowListeners = [], http, unknownSwitches, allowedSwitches } = config;
  const errors: string[] = [];
  const taken = new Set<string>();
  for (const each of [...(openflow ? [openflow] : []), ...openflowListeners.map((l) => l.listen)]) {
    if (each.port === 0) continue;
    const address = formatEndpoint(each);
    if (address === formatEndpoint(http)) {
      errors.push(`switches and the REST API cannot both use ${address}, give one another port`);
    }
    if (taken.has(address)) errors.push(`two OpenFlow listeners use ${address}, leave one out`);
    taken.add(address);
  }
  if (unknownSwitches === "accept" && allowedSwitches) {
    const what = 'unknownSwitches is "accept" and allowedSwitches names the only ones accepted';
    errors.push(`${what}, leave one out, or write "quarantine" or "refuse"`);
  }
  return errors;
}
