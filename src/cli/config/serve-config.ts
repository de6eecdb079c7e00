// SPDX-License-Identifier: Apache-2.0
import { SETTINGS, type Setting, type SettingKey } from "./settings.ts";
import type { ValueType } from "./value-type.ts";

type Settings = typeof SETTINGS;

/** The keys of the settings that set a controller option. */
export type ControllerSettingKey = {
  [K in SettingKey]: Settings[K] extends { readonly sets: string } ? K : never;
}[SettingKey];

/** The option that a setting sets, as a path: `session.echoIntervalMs`. */
export type SettingTarget<K extends ControllerSettingKey> = Settings[K]["sets"];

/** The parsed value of a setting. */
export type SettingValue<K extends SettingKey> =
  Settings[K]["type"] extends ValueType<infer T> ? T : never;

/** The settings that `vtap serve` uses itself and whose default always applies. */
type DefaultedKey = {
  [K in SettingKey]: Settings[K] extends { readonly default: unknown }
    ? Settings[K] extends { readonly sets: string } | { readonly unless: string }
      ? never
      : K
    : never;
}[SettingKey];

/**
 * The settings of `vtap serve`, with paths that the process can open. Settings of the controller are
 * present only when given; see `settingValue`.
 */
export type ServeConfig = { readonly [K in DefaultedKey]: SettingValue<K> } & {
  readonly [K in Exclude<SettingKey, DefaultedKey>]?: SettingValue<K>;
};

/** The value of a setting: the given one, else the default; undefined when it has neither. */
export function settingValue<K extends SettingKey>(
  config: ServeConfig,
  key: K,
): SettingValue<K> | undefined {
  return (config[key] as SettingValue<K> | undefined) ?? defaultOf(key);
}

/** The default of a setting; undefined when no fixed value is the default. */
export function defaultOf<K extends SettingKey>(key: K): SettingValue<K> | undefined {
  const row: Setting = SETTINGS[key];
  if (row.default === undefined) return undefined;
  const parsed = row.type.parse(row.default);
  if (!parsed.ok) throw new Error(`the default of ${key} is invalid: ${parsed.what}`);
  return parsed.value as SettingValue<K>;
}
