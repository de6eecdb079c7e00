// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { UserError } from "../user-error.ts";
import type { Janitor } from "./janitor.ts";

/** Ends a wait that hangs; a busy machine may be slow. */
const READY_SECONDS = 90;

/** Arguments of the controller. */
export interface ControllerFiles {
  /** The checkout. */
  readonly root: string;
  readonly topology: string;
  readonly policies: string;
  /** Where its data and its log go. */
  readonly directory: string;
}

/** The part of a policy's REST representation that the demo reads. */
interface PolicyAnswer {
  readonly id: string;
  readonly status: { readonly state: string; readonly reasons: readonly string[] };
}

/** `vtap serve` in a process of its own, as a user runs it. */
export class Controller {
  readonly openflowPort: number;
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly log: string;
  readonly #process: ChildProcess;
  readonly #signal: AbortSignal;

  private constructor(
    process: ChildProcess,
    at: { of: number; http: number; log: string },
    signal: AbortSignal,
  ) {
    this.#process = process;
    this.openflowPort = at.of;
    this.url = `http://127.0.0.1:${at.http}`;
    this.log = at.log;
    this.#signal = signal;
  }

  /** Starts the controller on the default ports, or on free ones, and waits until it answers. */
  static async start(
    files: ControllerFiles,
    janitor: Janitor,
    signal: AbortSignal,
  ): Promise<Controller> {
    const [of, http] = [await freePort(6653), await freePort(8080)];
    const log = join(files.directory, "controller.log");
    const output = openSync(log, "a");
    const listen = ["--openflow", `127.0.0.1:${of}`, "--http", `127.0.0.1:${http}`];
    const read = ["--topology", files.topology, "--policies", files.policies];
    const args = [
      "dist/main.js",
      "serve",
      ...listen,
      ...read,
      "--data",
      join(files.directory, "data"),
    ];
    // Settings of the user's own controller must not leak in.
    const env = Object.entries(process.env).filter(([name]) => !name.startsWith("VTAP_"));
    const child = spawn(process.execPath, args, {
      cwd: files.root,
      env: Object.fromEntries(env),
      stdio: ["ignore", output, output],
      detached: true,
    });
    closeSync(output);
    if (child.pid !== undefined) janitor.note({ kind: "process", pid: child.pid });
    const controller = new Controller(child, { of, http, log }, signal);
    await controller.#until("the controller to answer", async () => {
      const answer = await fetch(`${controller.url}/healthz`, { signal });
      return answer.ok ? undefined : `status ${answer.status}`;
    });
    return controller;
  }

  /** Waits until every policy is active. */
  async allActive(): Promise<void> {
    await this.#until("all policies to be active", async () => {
      const waiting = (await this.policies()).filter(({ status }) => status.state !== "active");
      const words = waiting.map(
        ({ id, status }) => `${id} is ${status.state}: ${status.reasons.join("; ")}`,
      );
      return words.length === 0 ? undefined : words.join("\n");
    });
  }

  async policies(): Promise<readonly PolicyAnswer[]> {
    const answer = await fetch(`${this.url}/api/v1/policies`, { signal: this.#signal });
    return ((await answer.json()) as { items: PolicyAnswer[] }).items;
  }

  /** Stops the controller as an administrator does. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGTERM");
    await Promise.race([gone, delay(3000)]);
  }

  /** Repeats a check until it reports nothing missing; throws what the last one reported. */
  async #until(what: string, check: () => Promise<string | undefined>): Promise<void> {
    const deadline = performance.now() + READY_SECONDS * 1000;
    for (;;) {
      this.#signal.throwIfAborted();
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) {
        throw new UserError(
          `the controller exited:\n${readFileSync(this.log, "utf8").slice(-2000)}`,
        );
      }
      const missing = await check().catch((error: unknown) => String(error));
      if (missing === undefined) return;
      if (performance.now() > deadline) {
        throw new UserError(
          `waited ${READY_SECONDS} s in vain for ${what}: ${missing}\nlog: ${this.log}`,
        );
      }
      await delay(20);
    }
  }
}

/** The port if it is free, otherwise one that the system assigns. */
async function freePort(preferred: number): Promise<number> {
  return (await tryPort(preferred)) ?? (await tryPort(0)) ?? 0;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? address?.port : undefined));
    });
  });
}
