// SPDX-License-Identifier: Apache-2.0
export { type ConfigResult, type ConfigSources, resolveConfig } from "./config/resolve-config.ts";
export {
  type ControllerSettingKey,
  type ServeConfig,
  type SettingTarget,
  type SettingValue,
  settingValue,
} from "./config/serve-config.ts";
export { settingViews } from "./config/setting-views.ts";
export { SETTING_ROWS, UNITS_MS } from "./config/settings.ts";
export {
  type HttpKeyPair,
  type ReadListener,
  readConnectTls,
  readHttpTls,
  readListeners,
} from "./config/tls-files.ts";
export { formatEndpoint } from "./config/values.ts";
export {
  type CaptureReader,
  type CheckReport,
  type CliDependencies,
  EXIT,
} from "./dependencies.ts";
export type { BridgeFacts } from "./doctor/bridge-checks.ts";
export type { DatabaseFacts, Inspection } from "./doctor/inspection.ts";
export type { ParseJson } from "./json-file.ts";
export { createLogger } from "./logger.ts";
export { writeLines } from "./output/output.ts";
export { type InputFile, readInputFiles, readText } from "./read-files.ts";
export { runCli } from "./run-cli.ts";
