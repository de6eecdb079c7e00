// SPDX-License-Identifier: Apache-2.0
import { parentPort, workerData } from "node:worker_threads";
import type { FileError, FileResult, FileText } from "../topology/index.ts";
import type { ParserMessage } from "./file-parser.ts";
import { type FileKind, type Lists, PARSERS } from "./parsed-lists.ts";

/** Entries of each list in one part. */
const PART = 1000;

/** Most errors that are reported; the last one says how many more there are. */
const MAX_ERRORS = 1000;

function firstOf(errors: readonly FileError[]): readonly FileError[] {
  const next = errors[MAX_ERRORS];
  if (!next) return errors;
  const what = `there are ${errors.length - MAX_ERRORS} more problems`;
  return [
    ...errors.slice(0, MAX_ERRORS),
    { ...next, what, remedy: "correct those before it first" },
  ];
}

function* messages(parsed: FileResult<object>): Generator<ParserMessage> {
  if (!parsed.ok) {
    yield { type: "errors", errors: firstOf(parsed.errors) };
    return;
  }
  const lists = Object.entries(parsed.value as Lists);
  // The first part has all lists, also where they are empty.
  const length = Math.max(1, ...lists.map(([, list]) => list.length));
  for (let from = 0; from < length; from += PART) {
    const part = Object.fromEntries(
      lists.map(([name, list]) => [name, list.slice(from, from + PART)]),
    );
    yield { type: "part", part };
  }
  yield { type: "end" };
}

const { kind, files } = workerData as { kind: FileKind; files: readonly FileText[] };
const rest = messages(PARSERS[kind](files));

function sendNext(): void {
  const next = rest.next();
  if (!next.done) parentPort?.postMessage(next.value);
}

// Every part waits until the one before it has been taken.
parentPort?.on("message", sendNext);
sendNext();
