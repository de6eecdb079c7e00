// SPDX-License-Identifier: Apache-2.0
import { Worker } from "node:worker_threads";
import type { FileError, FileResult, FileText } from "../topology/index.ts";
import { type Content, type FileKind, type Lists, PARSERS } from "./parsed-lists.ts";

/** What the worker sends: errors, or parts of the content, of which the last is empty. */
export type ParserMessage =
  | { readonly type: "errors"; readonly errors: readonly FileError[] }
  | { readonly type: "part"; readonly part: Lists }
  | { readonly type: "end" };

/** Up to this length, files are read faster than a worker starts, and within a slice of the event loop. */
const LONG_CHARACTERS = 64 * 1024;

/** The worker's module beside this one, in the sources and when built. */
const WORKER = new URL(
  import.meta.url.endsWith(".ts") ? "./file-parser-worker.ts" : "./file-parser-worker.js",
  import.meta.url,
);

/**
 * Reads files as the parser of their kind does, long ones in a worker thread: the event loop goes on. The result comes
 * in parts, one for each turn of the event loop.
 */
export async function parseApart<K extends FileKind>(
  kind: K,
  files: readonly FileText[],
): Promise<FileResult<Content<K>>> {
  const length = files.reduce((sum, { text }) => sum + text.length, 0);
  // The parser of a kind returns its content.
  if (length <= LONG_CHARACTERS) return PARSERS[kind](files) as FileResult<Content<K>>;
  const worker = new Worker(WORKER, { workerData: { kind, files } });
  try {
    // The worker runs the same parser.
    return (await resultOf(worker)) as FileResult<Content<K>>;
  } finally {
    await worker.terminate();
  }
}

function resultOf(worker: Worker): Promise<FileResult<Lists>> {
  const value: Record<string, unknown[]> = {};
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the parser ended with code ${code}`)));
    worker.on("message", (message: ParserMessage) => {
      switch (message.type) {
        case "errors":
          resolve({ ok: false, errors: message.errors });
          return;
        case "end":
          resolve({ ok: true, value });
          return;
        case "part":
          for (const [name, list] of Object.entries(message.part)) {
            value[name] ??= [];
            value[name].push(...list);
          }
          setImmediate(() => worker.postMessage("next"));
          return;
        default:
          message satisfies never;
      }
    });
  });
}
