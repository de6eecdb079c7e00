// SPDX-License-Identifier: Apache-2.0
import { Worker } from "node:worker_threads";
import {
  type FileError,
  type FileResult,
  type FileText,
  parseTopologyFiles,
  type TopologyConfig,
} from "../topology/index.ts";

/** What the worker sends: errors, or parts of the content, of which the last is empty. */
export type ParserMessage =
  | { readonly type: "errors"; readonly errors: readonly FileError[] }
  | { readonly type: "part"; readonly part: TopologyConfig }
  | { readonly type: "end" };

/** Up to this length, files are read faster than a worker starts, and within a slice of the event loop. */
const LONG_CHARACTERS = 64 * 1024;

/** The worker's module beside this one, in the sources and when built. */
const WORKER = new URL(
  import.meta.url.endsWith(".ts") ? "./topology-parser-worker.ts" : "./topology-parser-worker.js",
  import.meta.url,
);

/**
 * Reads topology files like `parseTopologyFiles`, long ones in a worker thread: the event loop goes on. The
 * result comes in parts, one for each turn of the event loop.
 */
export async function parseTopologyApart(
  files: readonly FileText[],
): Promise<FileResult<TopologyConfig>> {
  const length = files.reduce((sum, { text }) => sum + text.length, 0);
  if (length <= LONG_CHARACTERS) return parseTopologyFiles(files);
  const worker = new Worker(WORKER, { workerData: files });
  try {
    return await resultOf(worker);
  } finally {
    await worker.terminate();
  }
}

function resultOf(worker: Worker): Promise<FileResult<TopologyConfig>> {
  const value = {
    switches: [] as TopologyConfig["switches"][number][],
    links: [] as TopologyConfig["links"][number][],
    hosts: [] as TopologyConfig["hosts"][number][],
  };
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
          value.switches.push(...message.part.switches);
          value.links.push(...message.part.links);
          value.hosts.push(...message.part.hosts);
          setImmediate(() => worker.postMessage("next"));
          return;
        default:
          message satisfies never;
      }
    });
  });
}
