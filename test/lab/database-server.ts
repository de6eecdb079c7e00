// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ovsEnvironment, requireOpenVSwitch } from "./daemons.ts";
import { waitFor } from "./wait-for.ts";

const run = promisify(execFile);

/** How a server stores its database, and by which schema. */
interface DatabaseOptions {
  /** A database of a cluster (of one server) knows its transactions. */
  readonly clustered?: boolean;
  /** Path of the schema; by default that of the installed Open vSwitch. */
  readonly schema?: string;
}

/** An `ovsdb-server` alone, without a switch: it can be killed, started again and compacted. */
export class DatabaseServer {
  readonly directory: string;
  #child: ChildProcess | undefined;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async start({ clustered = false, schema }: DatabaseOptions = {}): Promise<DatabaseServer> {
    const installed = requireOpenVSwitch();
    const server = new DatabaseServer(mkdtempSync(join(tmpdir(), "openvtap-db-")));
    const file = join(server.directory, "conf.db");
    const create = clustered
      ? ["create-cluster", file, schema ?? installed, `unix:${server.directory}/raft`]
      : ["create", file, schema ?? installed];
    await server.#exec("ovsdb-tool", create);
    await server.restart();
    return server;
  }

  /** The socket on which it serves clients. */
  get socket(): string {
    return join(this.directory, "db.sock");
  }

  /** Starts it with its database as it was left; further remotes, such as `tcp:127.0.0.1:6640`. */
  async restart(...remotes: readonly string[]): Promise<void> {
    await this.kill();
    const control = join(this.directory, "control");
    rmSync(control, { force: true });
    rmSync(this.socket, { force: true });
    const listen = [`punix:${this.socket}`, ...remotes].map((each) => `--remote=${each}`);
    const stored = join(this.directory, "conf.db");
    const tls = ["private-key=private_key", "certificate=certificate", "ca-cert=ca_cert"].map(
      (each) => each.replace(/(.*)=(.*)/, "--$1=db:Open_vSwitch,SSL,$2"),
    );
    const managers = "--remote=db:Open_vSwitch,Open_vSwitch,manager_options";
    const args = [
      ...listen,
      managers,
      ...tls,
      `--unixctl=${control}`,
      "-vconsole:off",
      "--no-chdir",
      stored,
    ];
    const env = ovsEnvironment(this.directory);
    this.#child = spawn("ovsdb-server", args, { env, stdio: "ignore" });
    await waitFor(() => this.vsctl("--no-wait", "init").then(() => true), {
      what: "ovsdb-server to serve its database",
    });
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  /** Stops to run and to answer, until it is killed. */
  suspend(): void {
    this.#child?.kill("SIGSTOP");
  }

  /** Writes the file of the database anew, without its history. */
  compact(): Promise<string> {
    return this.#control("compact");
  }

  /** Becomes the backup of a server that is not there: from then on it is read-only. */
  async becomeBackup(): Promise<void> {
    await this.#control("set-active-ovsdb-server", `unix:${this.directory}/none`);
    await this.#control("connect-active-ovsdb-server");
  }

  #control(command: string, ...args: readonly string[]): Promise<string> {
    const control = join(this.directory, "control");
    return this.#exec("ovs-appctl", ["-t", control, `ovsdb-server/${command}`, ...args]);
  }

  /** Converts the database to another schema while it is served. */
  async convert(schema: object): Promise<void> {
    const path = join(this.directory, "converted.ovsschema");
    writeFileSync(path, JSON.stringify(schema));
    await this.#exec("ovsdb-client", ["convert", `unix:${this.socket}`, path]);
  }

  /** Runs one `ovs-vsctl` command; no switch is waited for. */
  vsctl(...args: readonly string[]): Promise<string> {
    return this.#exec("ovs-vsctl", [
      `--db=unix:${this.socket}`,
      "--no-wait",
      "--timeout=30",
      ...args,
    ]);
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #exec(program: string, args: readonly string[]): Promise<string> {
    const { stdout } = await run(program, [...args], { env: ovsEnvironment(this.directory) });
    return stdout;
  }
}
