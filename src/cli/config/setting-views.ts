// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from "node:util";
import type { SettingView } from "../../contract/observation/settings.ts";
import { defined } from "../../lang/defined.ts";
import { defaultOf, type ServeConfig, settingValue } from "./serve-config.ts";
import { SETTING_ROWS } from "./settings.ts";
import { formatEndpoint } from "./values.ts";

/** All settings as they are in force, in the notation of the config file. */
export function settingViews(config: ServeConfig): readonly SettingView[] {
  return SETTING_ROWS.map(([name, { description, otherwise, unit, unless }]) => {
    // Another setting may disable the default: then the config has no value.
    const value = unless === undefined ? settingValue(config, name) : config[name];
    const usual = defaultOf(name);
    return {
      ...{ name, description, isDefault: isDeepStrictEqual(value, usual) },
      ...defined({ value: value === undefined ? undefined : written(value), otherwise, unit }),
    };
  });
}

/** Numbers above it are ids that people read in hex. */
const MOST_DECIMAL = 0xffff;

/** A parsed value as the config file has it. */
function written(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(written);
  if (value instanceof Map) return written(Object.fromEntries(value));
  if (typeof value !== "object" || value === null) return value;
  const { host, port, first, last } = value as Readonly<Record<string, unknown>>;
  if (typeof host === "string" && typeof port === "number") return formatEndpoint({ host, port });
  if (typeof first === "number" && typeof last === "number") {
    const text = (each: number) => (last > MOST_DECIMAL ? `0x${each.toString(16)}` : String(each));
    return `${text(first)}-${text(last)}`;
  }
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, written(each)]));
}
