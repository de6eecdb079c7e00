// SPDX-License-Identifier: Apache-2.0
import { Command, CommanderError } from "commander";
import { accessErrors } from "./access-errors.ts";
import { type ConfigFile, type ConfigReader, readConfigFile } from "./config-file.ts";
import { defaultOf, type ServeConfig } from "./serve-config.ts";
import { addServeFlags, type ServeFlags, usageError } from "./serve-flags.ts";
import {
  CONFIG_FLAG,
  SETTING_ROWS,
  type Setting,
  type SettingFlag,
  type SettingKey,
  VARIABLES,
} from "./settings.ts";
import { didYouMean } from "./suggestion.ts";
import { formatEndpoint } from "./values.ts";

/** The settings, or one line for each error. */
export type ConfigResult =
  | { readonly ok: true; readonly config: ServeConfig }
  | { readonly ok: false; readonly errors: readonly string[] };

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ConfigSources extends ConfigReader {
  /** The arguments after `vtap serve`. */
  readonly argv: readonly string[];
  readonly env: Environment;
}

/** Reads all settings of `vtap serve`: a flag overrides its variable, which overrides the config file. */
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

/** The path of the config file, where a flag or variable names one. */
export function configPath(flags: ServeFlags, env: Environment): string | undefined {
  const path = flags[CONFIG_FLAG.name] ?? (env[CONFIG_FLAG.variable] || undefined);
  return typeof path === "string" ? path : undefined;
}

/** Combines flags, variables, config file and defaults. */
export function resolveSettings({
  flags,
  env,
  ...reader
}: Omit<ConfigSources, "argv"> & { readonly flags: ServeFlags }): ConfigResult {
  const errors = unknownVariables(env);
  const variable = (name: string): string | undefined => env[name] || undefined;
  const file = configPath(flags, env);
  const fromFile: ConfigFile =
    file === undefined ? { values: {}, errors: [] } : readConfigFile(file, reader);
  errors.push(...fromFile.errors);
  const given: [string, unknown][] = [];
  for (const [key, setting] of SETTING_ROWS) {
    const source = givenFor(key, setting, flags, variable);
    if (!source) continue;
    const parsed = setting.type.parse(source.value);
    if (parsed.ok) given.push([key, parsed.value]);
    else errors.push(`${source.name}: ${parsed.what}, ${parsed.remedy}`);
  }
  const config = withDefaults({ ...fromFile.values, ...Object.fromEntries(given) });
  errors.push(...contradictions(config));
  return errors.length > 0 ? { ok: false, errors } : { ok: true, config };
}

/** Adds the defaults of the settings that set no controller option; `settingValue` adds the others. */
function withDefaults(given: Partial<ServeConfig>): ServeConfig {
  const defaults = SETTING_ROWS.filter(
    ([, { sets, unless }]) => sets === undefined && !(unless !== undefined && unless in given),
  ).map(([key]) => [key, defaultOf(key)] as const);
  const present = defaults.filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(present), ...given } as ServeConfig;
}

function givenFor(
  key: SettingKey,
  { flag }: Setting,
  flags: ServeFlags,
  variableOf: (name: string) => string | undefined,
): { name: string; value: unknown } | undefined {
  if (!flag) return undefined;
  const fromFlag = flags[key];
  if (fromFlag !== undefined) return { name: `--${flag.name}`, value: fromFlag };
  const variable = variableOf(flag.variable);
  if (variable === undefined) return undefined;
  return { name: flag.variable, value: variableValue(flag, variable) };
}

function variableValue({ isList, value }: SettingFlag, variable: string): unknown {
  if (isList) return variable.split(",");
  const isYesOrNo = value === undefined && ["true", "false"].includes(variable);
  return isYesOrNo ? variable === "true" : variable;
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
  const { ovsdb, ovsdbListeners = [], ovsdbConnect, ovnSouthbound } = config;
  const errors: string[] = [];
  const taken = new Map<string, string>();
  const listeners = [
    ...[...(openflow ? [openflow] : []), ...openflowListeners.map((l) => l.listen)].map(
      (each) => ["OpenFlow", each] as const,
    ),
    ...[...(ovsdb ? [ovsdb] : []), ...ovsdbListeners.map((l) => l.listen)].map(
      (each) => ["OVSDB", each] as const,
    ),
  ];
  for (const [protocol, each] of listeners) {
    if (each.port === 0) continue;
    const address = formatEndpoint(each);
    const other = taken.get(address);
    if (address === formatEndpoint(http)) {
      errors.push(`switches and the REST API cannot both use ${address}, give one another port`);
    }
    if (other === protocol) {
      errors.push(`two ${protocol} listeners use ${address}, leave one out`);
    } else if (other !== undefined) {
      errors.push(`OpenFlow and OVSDB cannot both use ${address}, give one another port`);
    }
    taken.set(address, protocol);
  }
  for (const [key, targets] of Object.entries({ ovsdbConnect, ovnSouthbound })) {
    if (config.connectTls || !targets.some(({ transport }) => transport === "tls")) continue;
    errors.push(`${key} names a database over ssl:, add "connectTls" to the config file`);
  }
  const stating = [
    ...(ovnSouthbound.length > 0 ? ["ovnSouthbound"] : []),
    ...(config.portsFile === undefined ? [] : ["portsFile"]),
  ];
  if (config.ovsdbHosts === undefined || config.ovsdbHosts === false) {
    errors.push(...stating.map((key) => `${key} needs interfaces, add "ovsdbHosts": true`));
  }
  if (unknownSwitches === "accept" && allowedSwitches) {
    const what = 'unknownSwitches is "accept" and allowedSwitches names the only ones accepted';
    errors.push(`${what}, leave one out, or write "quarantine" or "refuse"`);
  }
  return [...errors, ...accessErrors(config)];
}
