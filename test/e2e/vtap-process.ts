// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { waitFor } from "../lab/index.ts";

/** The built command. */
export const VTAP_MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** Arguments of `vtap serve`. */
export interface ServeArguments {
  readonly data: string;
  readonly topology?: readonly string[];
  readonly policies?: readonly string[];
  /** 0: any free port. */
  readonly openflowPort?: number;
  readonly httpPort?: number;
  readonly more?: readonly string[];
  /** The entry point of another build; that of this one by default. */
  readonly main?: string;
}

/** A line of the log. */
export interface LogLine {
  readonly level: string | number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A process's exit status and output. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command until it exits. */
export async function runVtap(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const child = spawnVtap(args, env);
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  return { code, signal, stdout, stderr };
}

function spawnVtap(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  main = VTAP_MAIN,
): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("VTAP_"));
  return spawn(process.execPath, [main, ...args], {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** `vtap serve` as a process of its own: the whole product, as users run it. */
export class VtapProcess {
  readonly #child: ChildProcess;
  readonly #arguments: ServeArguments;
  readonly lines: LogLine[] = [];
  #stderr = "";
  openflowPort = 0;
  #url = "";

  private constructor(child: ChildProcess, args: ServeArguments) {
    this.#child = child;
    this.#arguments = args;
  }

  /** Starts it and waits until it listens on both ports. */
  static async start(args: ServeArguments): Promise<VtapProcess> {
    const list = (flag: string, values: readonly string[] = []) =>
      values.flatMap((value) => [flag, value]);
    const flags = [
      "serve",
      ...["--openflow", `127.0.0.1:${args.openflowPort ?? 0}`],
      ...["--http", `127.0.0.1:${args.httpPort ?? 0}`],
      ...["--data", args.data, "--log-level", "debug"],
      ...list("--topology", args.topology),
      ...list("--policies", args.policies),
      ...(args.more ?? []),
    ];
    const child = spawnVtap(flags, {}, args.main);
    const vtap = new VtapProcess(child, args);
    vtap.#collect();
    try {
      await vtap.#listening();
    } catch (cause) {
      child.kill("SIGKILL");
      throw new Error(`vtap did not start: ${vtap.#stderr}${vtap.log()}`, { cause });
    }
    return vtap;
  }

  get httpPort(): number {
    return Number(new URL(this.#url).port);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Controller target for switches. */
  get target(): string {
    return `tcp:127.0.0.1:${this.openflowPort}`;
  }

  /** Requests a path under `/api/v1`; the body is sent as JSON. */
  async request(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) {
    const response = await fetch(`${this.#url}/api/v1${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    // biome-ignore lint/suspicious/noExplicitAny: tests read members of all responses.
    const json: any = text === "" ? undefined : JSON.parse(text);
    return { status: response.status, headers: response.headers, body: json };
  }

  async get(path: string) {
    return (await this.request("GET", path)).body;
  }

  /** Text of a path outside `/api/v1`. */
  async text(path: string): Promise<string> {
    return (await fetch(`${this.#url}${path}`)).text();
  }

  /** Waits until every policy is active. */
  async allPoliciesActive(): Promise<void> {
    let last: unknown;
    await waitFor(
      async () => {
        const { policies } = await this.get("/status");
        last = policies;
        return policies.total > 0 && policies.byState.active === policies.total;
      },
      { what: "all policies to be active", everyMs: 20 },
    ).catch(async (cause) => {
      const items = (await this.get("/policies")).items.slice(0, 5);
      throw new Error(`${JSON.stringify(last)} ${JSON.stringify(items)}\n${this.log()}`, { cause });
    });
  }

  /** State of a policy, with its reasons. */
  async policyStatus(id: string) {
    return (await this.get(`/policies/${id}`)).status;
  }

  /** Waits until a policy is in a state. */
  async policyIs(id: string, state: string): Promise<void> {
    let last: unknown;
    const isThere = async () => {
      const status = await this.policyStatus(id);
      last = status;
      return status.state === state;
    };
    await waitFor(isThere, { what: `policy ${id} to be ${state}` }).catch((cause) => {
      throw new Error(`policy ${id} is ${JSON.stringify(last)}`, { cause });
    });
  }

  /** Waits until these switches are connected and hold all entries that the network, as it is known now, calls for. */
  async synced(...switches: readonly string[]): Promise<void> {
    await waitFor(
      async () => {
        const text = await this.text("/metrics");
        if (sample(text, "openvtap_network_uncompiled") !== 0) return false;
        return switches.every(
          (name) =>
            sample(text, "openvtap_switch_connected", name) === 1 &&
            sample(text, "openvtap_switch_pending_entries", name) === 0,
        );
      },
      { what: `${switches.join(", ")} to be up to date`, everyMs: 20 },
    );
  }

  /** Waits until a message that begins like this has been logged. */
  async logged(message: string): Promise<void> {
    await waitFor(() => this.lines.some(({ msg }) => msg.startsWith(message)), { what: message });
  }

  /** Flow-mods and group-mods sent to a switch since the start. */
  async modsSent(name: string): Promise<number> {
    return sample(await this.text("/metrics"), "openvtap_switch_mods_sent_total", name) ?? 0;
  }

  /** Waits until a learned host is stored, as a log line from that one on says. */
  async hostStored(mac: string, fromLine = 0): Promise<void> {
    const isStored = () =>
      this.lines
        .slice(fromLine)
        .some(
          ({ msg, hosts }) => msg === "learned hosts written" && (hosts as string[]).includes(mac),
        );
    await waitFor(isStored, { what: `${mac} to be stored` });
  }

  /** The last lines of the log, for failures. */
  log(): string {
    return this.lines
      .slice(-30)
      .map((line) => JSON.stringify(line))
      .join("\n");
  }

  /** Nothing reads its output any more. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Stops it as an administrator does; returns the exit code. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null)
      return this.#child.exitCode;
    this.#child.kill(signal);
    const [code] = (await once(this.#child, "close")) as [number | null];
    return code;
  }

  /** `kill -9`, then the same command with the same ports. */
  async killAndRestart(change: Partial<ServeArguments> = {}): Promise<VtapProcess> {
    await this.stop("SIGKILL");
    return VtapProcess.start({
      ...this.#arguments,
      openflowPort: this.openflowPort,
      ...change,
    });
  }

  #collect(): void {
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on("line", (line) => {
        if (!line.startsWith("{")) return;
        this.lines.push(JSON.parse(line) as LogLine);
      });
    }
  }

  async #listening(): Promise<void> {
    await waitFor(
      () => {
        if (this.#child.exitCode !== null) throw new Error(`exit code ${this.#child.exitCode}`);
        const openflow = this.lines.find(({ msg }) => msg === "OpenFlow listening");
        const http = this.lines.find(({ msg }) => msg === "HTTP listening");
        if (!openflow || !http) return false;
        this.openflowPort = Number(openflow.port);
        this.#url = String(http.url);
        return true;
      },
      { what: "vtap to listen", everyMs: 20 },
    );
  }
}

/** The value of a metric: of a switch, or of the controller. */
function sample(metrics: string, name: string, switchName?: string): number | undefined {
  const isAsked = (line: string) =>
    switchName === undefined
      ? line.startsWith(`${name} `)
      : line.startsWith(`${name}{`) && line.includes(`switch="${switchName}"`);
  const line = metrics.split("\n").find(isAsked);
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(" ") + 1));
}
