// SPDX-License-Identifier: Apache-2.0
import { parentPort, workerData } from "node:worker_threads";
import {
  type FileError,
  type FileText,
  parseTopologyFiles,
  type TopologyConfig,
} from "../topology/index.ts";
import type { ParserMessage } from "./topology-parser.ts";

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

function* messages(files: readonly FileText[]): Generator<ParserMessage> {
  const parsed = parseTopologyFiles(files);
  if (!parsed.ok) {
    yield { type: "errors", errors: firstOf(parsed.errors) };
    return;
  }
  const { switches, links, hosts } = parsed.value;
  const length = Math.max(switches.length, links.length, hosts.length);
  for (let from = 0; from < length; from += PART) {
    const part: TopologyConfig = {
      switches: switches.slice(from, from + PART),
      links: links.slice(from, from + PART),
      hosts: hosts.slice(from, from + PART),
    };
    yield { type: "part", part };
  }
  yield { type: "end" };
}

const rest = messages(workerData as readonly FileText[]);

function sendNext(): void {
  const next = rest.next();
  if (!next.done) parentPort?.postMessage(next.value);
}

// Every part waits until the one before it has been taken.
parentPort?.on("message", sendNext);
sendNext();
