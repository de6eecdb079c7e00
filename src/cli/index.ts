export {
  type ConfigResult,
  type ConfigSources,
  type Environment,
  resolveConfig,
} from "./config/resolve-config.ts";
export {
  type ControllerSettingKey,
  type ServeConfig,
  type SettingTarget,
  type SettingValue,
  settingValue,
} from "./config/serve-config.ts";
export { SETTING_ROWS, type Setting } from "./config/settings.ts";
export { type ReadListener, type ReadListeners, readListeners } from "./config/tls-files.ts";
export { formatEndpoint } from "./config/values.ts";
export { type CheckReport, type CliDependencies, EXIT } from "./dependencies.ts";
export type { ParseJson, PlacedJson, PlacedProblem } from "./json-file.ts";
export { createLogger, type LoggerOptions } from "./logger.ts";
export { type InputFile, type InputFiles, readInputFiles } from "./read-files.ts";
export { runCli } from "./run-cli.ts";
