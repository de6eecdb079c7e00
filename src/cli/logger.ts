// SPDX-License-Identifier: Apache-2.0
import { type Logger, pino, stdTimeFunctions } from "pino";
import pretty from "pino-pretty";
import type { ServeConfig } from "./config/serve-config.ts";

interface LoggerOptions {
  readonly level: ServeConfig["logLevel"];
  /** True: colours and short times, for people. False: one JSON object per line, for programs. */
  readonly pretty: boolean;
}

/**
 * The logger of the process. It writes to standard output: the log is the output of a service, and
 * standard error has only the reasons why the service does not start.
 *
 * Lines are written synchronously, so the last lines before a crash are never lost.
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
