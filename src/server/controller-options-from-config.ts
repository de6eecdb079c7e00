// SPDX-License-Identifier: Apache-2.0
import {
  type ControllerSettingKey,
  type ReadListener,
  SETTING_ROWS,
  type ServeConfig,
  type SettingTarget,
  type SettingValue,
  settingValue,
  UNITS_MS,
} from "../cli/index.ts";
import {
  type CertificatePins,
  type ControllerOptions,
  DEFAULT_MAPPING,
} from "../controller/index.ts";
import { type Dpid, parseDpid } from "../topology/index.ts";

/** Settings whose controller option has another form than the value in the configuration. */
const CONVERSIONS = {
  allowedSwitches: (dpids: SettingValue<"allowedSwitches">) =>
    new Set(dpids.flatMap((text) => parseDpid(text) ?? [])),
  ovsdbHosts: (keys: SettingValue<"ovsdbHosts">) =>
    keys !== false && { ...DEFAULT_MAPPING, ...(keys === true ? {} : keys) },
  dropGuard: ({ drops, windowSeconds }: SettingValue<"dropGuard">) => ({
    drops,
    windowMs: windowSeconds * 1000,
  }),
};

/** The value that the controller gets for a setting. */
type OptionValue<K extends ControllerSettingKey> = K extends keyof typeof CONVERSIONS
  ? ReturnType<(typeof CONVERSIONS)[K]>
  : SettingValue<K>;

/** The type of a controller option at a path such as `session.echoIntervalMs`. */
type OptionAt<Path extends string, Options = ControllerOptions> = Path extends keyof Options
  ? NonNullable<Options[Path]>
  : Path extends `${infer First extends keyof Options & string}.${infer Rest}`
    ? OptionAt<Rest, NonNullable<Options[First]>>
    : never;

/** The settings that name no controller option, or one of another type: none, checked below. */
type Misfit = {
  [K in ControllerSettingKey]: OptionValue<K> extends OptionAt<SettingTarget<K>> ? never : K;
}[ControllerSettingKey];

type FirstStep<Path extends string> = Path extends `${infer First}.${string}` ? First : Path;

/** The controller options that settings set. A misfit makes this type unusable and names the setting. */
type OptionsFromConfig = [Misfit] extends [never]
  ? Pick<
      ControllerOptions,
      FirstStep<SettingTarget<ControllerSettingKey>> & keyof ControllerOptions
    >
  : { readonly misfit: Misfit };

/** The controller options that the settings set, defaults included: each row names its option. */
export function controllerOptionsFromConfig(config: ServeConfig): OptionsFromConfig {
  const options: Record<string, unknown> = {};
  for (const [key, { sets, unit }] of SETTING_ROWS) {
    const value = settingValue(config, key);
    if (sets === undefined || value === undefined) continue;
    assign(options, sets.split("."), converted(key, value, unit));
  }
  // `Misfit` proves that every value fits the option at its path.
  return options as OptionsFromConfig;
}

function converted(key: string, value: unknown, unit: keyof typeof UNITS_MS | undefined): unknown {
  const convert = Object.entries(CONVERSIONS).find(([each]) => each === key)?.[1];
  if (convert) return convert(value as never);
  return unit === undefined ? value : Number(value) * UNITS_MS[unit];
}

function assign(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [first = "", ...rest] = path;
  if (rest.length === 0) {
    target[first] = value;
    return;
  }
  const inner = { ...(target[first] as Record<string, unknown> | undefined) };
  assign(inner, rest, value);
  target[first] = inner;
}

/** The certificate pins of all listeners: a pin holds wherever the switch connects. */
export function certificatePins(listeners: readonly ReadListener[]): CertificatePins {
  const pins = new Map<Dpid, readonly string[]>();
  for (const { tls } of listeners) {
    for (const [text, fingerprints] of tls?.pins ?? []) {
      const dpid = parseDpid(text);
      // A listener for OpenFlow and one for databases may both name a switch.
      if (dpid) pins.set(dpid, [...(pins.get(dpid) ?? []), ...fingerprints]);
    }
  }
  return pins;
}

/** The addresses on which switches, or their databases, connect: the plain one first, if there is one. */
export function listenAddresses(
  plain: ServeConfig["openflow"],
  listeners: readonly ReadListener[],
) {
  return [...(plain ? [plain] : []), ...listeners];
}
