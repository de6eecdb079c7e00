export {
  type ConfigResult,
  type ConfigSources,
  type Environment,
  resolveConfig,
} from "./config/resolve-config.ts";
export {
  type Endpoint,
  formatEndpoint,
  type LogLevel,
  type NumberRange,
  type ServeConfig,
} from "./config/serve-config.ts";
export { type ReadListener, type ReadListeners, readListeners } from "./config/tls-files.ts";
export { type CheckReport, type CliDependencies, EXIT } from "./dependencies.ts";
export type { ParseJson, PlacedJson, PlacedProblem } from "./json-file.ts";
export { createLogger, type LoggerOptions } from "./logger.ts";
export { type InputFile, type InputFiles, readInputFiles } from "./read-files.ts";
export { runCli } from "./run-cli.ts";
