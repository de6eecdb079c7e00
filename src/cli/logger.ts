// SPDX-License-Identifier: Apache-2.0
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";
import { prettyFactory } from "pino-pretty";
import type { ServeConfig } from "./config/serve-config.ts";
import { visible } from "./output/visible.ts";

interface LoggerOptions {
  readonly level: ServeConfig["logLevel"];
  /** True: colours and short times, for people. False: one JSON object per line, for programs. */
  readonly pretty: boolean;
}

/**
 * The logger of the process. It writes to standard output: the log is the output of a service, and
 * standard error has only the reasons why the service does not start.
 *
 * Lines are written synchronously, so the last lines before a crash are never lost. When the reader of the
 * output has gone, lines are dropped.
 */
export function createLogger({ level, pretty }: LoggerOptions): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const output = pino.destination({ sync: true });
  return pino(options, pretty ? prettyLines(output) : output);
}

/** Formats JSON log lines for people. Text from outside cannot end a line or control the terminal. */
export function prettyLines(output: DestinationStream): DestinationStream {
  const format = prettyFactory({ colorize: true, translateTime: "SYS:HH:MM:ss.l" });
  return {
    write: (line) => output.write(format(withVisibleText(JSON.parse(line)))),
  };
}

/** A stack of an error begins so, after the message of the error. */
const FRAMES = "\n    at ";

function withVisibleText(value: unknown, key = ""): unknown {
  if (typeof value === "string") return key === "stack" ? visibleStack(value) : visible(value);
  if (Array.isArray(value)) return value.map((each) => withVisibleText(each));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [visible(name), withVisibleText(each, name)]),
  );
}

/** The frames of a stack stay lines of their own; they are indented, so none reads as a log line. */
function visibleStack(stack: string): string {
  return stack.split(FRAMES).map(visible).join(FRAMES);
}
