// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

interface LogLine {
  /** ISO 8601. */
  readonly time: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** The built command in a process of its own, with its log lines and their times. */
export class BuiltVtap {
  readonly #child: ChildProcess;
  readonly #spawnedAt: number;
  readonly #lines: LogLine[] = [];
  readonly #waiting = new Map<string, (line: LogLine) => void>();

  private constructor(child: ChildProcess, spawnedAt: number) {
    this.#child = child;
    this.#spawnedAt = spawnedAt;
  }

  /** Starts it on `topology.json` and `policies.json` of a directory; returns when HTTP answers. */
  static async start(
    directory: string,
    openflowPort: number,
    flags: readonly string[] = [],
  ): Promise<BuiltVtap> {
    const vtap = BuiltVtap.spawn(directory, { openflow: openflowPort, http: 0 }, flags);
    await vtap.logged("HTTP listening");
    return vtap;
  }

  /** The same, and does not wait. A port may be 0: any free one. */
  static spawn(
    directory: string,
    ports: { readonly openflow: number; readonly http: number },
    flags: readonly string[] = [],
  ): BuiltVtap {
    const spawnedAt = Date.now();
    const args = [
      ...["serve", "--openflow", `127.0.0.1:${ports.openflow}`],
      ...["--http", `127.0.0.1:${ports.http}`],
      ...["--data", join(directory, "data"), "--topology", join(directory, "topology.json")],
      ...["--policies", join(directory, "policies.json")],
      ...flags,
    ];
    const child = spawn(process.execPath, [MAIN, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const vtap = new BuiltVtap(child, spawnedAt);
    if (child.stdout) {
      createInterface({ input: child.stdout }).on("line", (line) => vtap.#read(line));
    }
    child.once("exit", (code) => {
      if (code) throw new Error(`vtap ended with exit code ${code}`);
    });
    return vtap;
  }

  get url(): string {
    return String(this.#line("HTTP listening")?.url);
  }

  /** Resolves when a message has been logged. */
  logged(message: string): Promise<void> {
    if (this.#line(message)) return Promise.resolve();
    return this.next(message).then(() => undefined);
  }

  /** Resolves when a message is next logged. */
  next(message: string): Promise<LogLine> {
    return new Promise((resolve) => this.#waiting.set(message, resolve));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The phases of the start, in milliseconds. */
  timing(): { startMs: number; loadMs: number; connectMs: number; installMs: number } {
    const at = (message: string) => Date.parse(this.#line(message)?.time ?? "");
    const [starting, listening] = [at("vtap starts"), at("OpenFlow listening")];
    const connected = this.#lines.filter(({ msg }) => msg === "switch connected");
    const lastConnected = Math.max(...connected.map(({ time }) => Date.parse(time)));
    return {
      startMs: starting - this.#spawnedAt,
      loadMs: listening - starting,
      connectMs: lastConnected - listening,
      installMs: at("every policy is active") - lastConnected,
    };
  }

  /** Processor time since the process started, in milliseconds (Linux). */
  cpuMs(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // utime and stime, in ticks of 10 ms. @see proc(5)
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.kill("SIGTERM");
    await once(this.#child, "close");
  }

  #line(message: string): LogLine | undefined {
    return this.#lines.find(({ msg }) => msg === message);
  }

  #read(text: string): void {
    const line = JSON.parse(text) as LogLine;
    this.#lines.push(line);
    this.#waiting.get(line.msg)?.(line);
    this.#waiting.delete(line.msg);
  }
}

/** A free TCP port. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no address");
  return address.port;
}
