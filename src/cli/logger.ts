import { type Logger, pino, stdTimeFunctions } from "pino";
import pretty from "pino-pretty";
import type { ServeConfig } from "./config/serve-config.ts";

export interface LoggerOptions {
  readonly level: ServeConfig["logLevel"];
  /** For people (colours, short times) or for programs (one JSON object a line). */
  readonly pretty: boolean;
}

/**
 * The logger of the process. It writes to standard output: for a service the log is the output, and
 * standard error keeps the few lines that say why it would not start.
 *
 * Written in this thread and at once: a line is out before the next thing happens, also before a crash.
 */
export function createLogger({ level, pretty: isPretty }: LoggerOptions): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (!isPretty) return pino(options);
  return pino(options, pretty({ sync: true, colorize: true, translateTime: "SYS:HH:MM:ss.l" }));
}
