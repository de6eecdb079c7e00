// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import {
  type CaptureReader,
  type CheckReport,
  type InputFile,
  type ParseJson,
  runCli,
} from "../cli/index.ts";
import { type CapturedFrame, frameLine, PcapngReader } from "../packet/index.ts";
import { parsePolicyFiles } from "../policy/index.ts";
import { type FileError, JsonDocument, parseTopologyFiles } from "../topology/index.ts";
import { handleSignals, type Signals } from "./signals.ts";

const { version, engines } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
) as { version: string; engines: { node: string } };

/** Runs the command of the process's arguments; resolves to the exit code. */
export function runCommand(signals: Signals | undefined): Promise<number> {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", ignoreClosedPipe);
  return runCli(process.argv.slice(2), {
    version,
    env: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    async serve(config, resolveAgain) {
      // Loaded only here, so that the client commands start fast.
      const { serve } = await import("./serve.ts");
      const { code, isStuck } = await serve({
        ...{ config, resolveAgain, version },
        ...(signals ?? handleSignals()),
      });
      return end(code, isStuck);
    },
    checkFiles,
    parseJson,
    readCapture,
    async inspection() {
      const { createInspection } = await import("./inspection.ts");
      return createInspection(engines.node.replace(">=", ""));
    },
    onInterrupt,
  });
}

function readCapture(): CaptureReader {
  const reader = new PcapngReader();
  return (part) =>
    reader.read(part).map(({ bytes, frame }) => ({ bytes, frame: frame && shown(frame) }));
}

function shown({ at, bytes, length }: CapturedFrame) {
  const ms = Number(at / 1000n);
  const micros = String(at % 1000n).padStart(3, "0");
  const time = new Date(ms).toISOString().replace(/Z$/, `${micros}Z`);
  return { at: time, length, text: frameLine(bytes, length) };
}

function onInterrupt(callback: () => void): () => void {
  process.once("SIGINT", callback);
  return () => process.off("SIGINT", callback);
}

/** The reader of the output has gone (`vtap policies | head`): the rest is dropped. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

/**
 * Ends the process, whatever is still open. The exit waits for accesses to the disk; where one does not
 * return, only SIGKILL ends the process, and another process has to send it.
 */
function end(code: number, isStuck: boolean): never {
  if (isStuck) {
    const script = `setTimeout(() => process.ppid === ${process.pid} && process.kill(${process.pid}, "SIGKILL"), 200)`;
    spawn(process.execPath, ["--eval", script], { detached: true, stdio: "ignore" });
  }
  process.exit(code);
}

/** `vtap check`: the top-level keys of a file show its kind. */
function checkFiles(files: readonly InputFile[]): CheckReport {
  const isPolicies = ({ text }: InputFile) => /"(policies|groups)"\s*:/.test(text);
  const policies = parsePolicyFiles(files.filter(isPolicies));
  const topology = parseTopologyFiles(files.filter((file) => !isPolicies(file)));
  const errors: FileError[] = [policies, topology].flatMap((each) => (each.ok ? [] : each.errors));
  const found: string[] = [];
  const count = (n: number, one: string, many = `${one}s`) => {
    if (n > 0) found.push(`${n} ${n === 1 ? one : many}`);
  };
  if (policies.ok) {
    count(policies.value.policies.length, "policy", "policies");
    count(policies.value.groups.length, "group");
  }
  if (topology.ok) {
    count(topology.value.switches.length, "switch", "switches");
    count(topology.value.links.length, "link");
    count(topology.value.hosts.length, "host");
  }
  return { errors, found };
}

function parseJson(...[text, file]: Parameters<ParseJson>): ReturnType<ParseJson> {
  const parsed = JsonDocument.parse(text, file);
  if (!parsed.ok) return parsed;
  const document = parsed.value;
  return {
    ok: true,
    value: { value: document.value, locate: (problem) => document.locate(problem) },
  };
}
