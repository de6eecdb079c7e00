// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ovsEnvironment } from "./daemons.ts";
import { waitFor } from "./wait-for.ts";

const run = promisify(execFile);

/** What a member says of itself. */
interface MemberPlace {
  readonly connected: boolean;
  readonly leader: boolean;
}

/** A cluster of real `ovsdb-server`s with one database, over sockets of a directory. Members count from 0. */
export class DatabaseCluster {
  readonly #directory: string;
  readonly #database: string;
  readonly #members: (ChildProcess | undefined)[] = [];

  private constructor(directory: string, database: string) {
    this.#directory = directory;
    this.#database = database;
  }

  /** `schema`: path of the schema of the database. */
  static async start(schema: string, database: string, size: number): Promise<DatabaseCluster> {
    const cluster = new DatabaseCluster(mkdtempSync(join(tmpdir(), "openvtap-raft-")), database);
    for (let member = 0; member < size; member++) {
      const [file, raft] = [cluster.#path(member, "db"), `unix:${cluster.#path(member, "raft")}`];
      const others = Array.from(
        { length: member },
        (_, other) => `unix:${cluster.#path(other, "raft")}`,
      );
      const create =
        member === 0
          ? ["create-cluster", file, schema, raft]
          : ["join-cluster", file, database, raft, ...others];
      await cluster.#exec("ovsdb-tool", create);
      await cluster.restart(member);
    }
    return cluster;
  }

  /** The socket on which a member serves clients. */
  socket(member: number): string {
    return this.#path(member, "sock");
  }

  /** Starts a member with the log that it has; resolves when it serves the database. */
  async restart(member: number): Promise<void> {
    await this.kill(member);
    for (const left of ["sock", "control", "raft"])
      rmSync(this.#path(member, left), { force: true });
    const args = [
      `--remote=punix:${this.socket(member)}`,
      `--unixctl=${this.#path(member, "control")}`,
      ...["-vconsole:off", "--no-chdir", this.#path(member, "db")],
    ];
    const env = ovsEnvironment(this.#directory);
    this.#members[member] = spawn("ovsdb-server", args, { env, stdio: "ignore" });
    await waitFor(() => this.place(member).then(Boolean, () => false), {
      what: `member ${member} to serve the database`,
    });
  }

  /** `kill -9`. */
  async kill(member: number): Promise<void> {
    const child = this.#members[member];
    this.#members[member] = undefined;
    if (!child || child.exitCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  /** From now on a member says nothing to the others; clients it serves as before. */
  async cutOff(member: number): Promise<void> {
    const control = this.#path(member, "control");
    await this.#exec("ovs-appctl", ["-t", control, "cluster/failure-test", "stop-raft-rpc"]);
    await this.#memberThat("is cut off", (place) => !place.connected, [member]);
  }

  /** The member that leads: of all that run, or of these. */
  leader(of: readonly number[] = [...this.#members.keys()]): Promise<number> {
    return this.#memberThat("leads", ({ leader }) => leader, of);
  }

  /** Undefined: it does not serve the database yet. */
  async place(member: number): Promise<MemberPlace | undefined> {
    const columns = ["connected", "leader"];
    const where = [["name", "==", this.#database]];
    const select = { op: "select", table: "Database", where, columns };
    const [{ rows }] = await this.#transact(member, "_Server", [select]);
    return rows[0];
  }

  /** Carries operations out at a member, which passes them on to the leader; resolves to their results. */
  async transact(
    member: number,
    ...operations: readonly object[]
  ): Promise<{ uuid: [string, string] }[]> {
    const results = await this.#transact(member, this.#database, operations);
    const failed = results.find((each: { error?: unknown } | null) => each?.error !== undefined);
    if (failed) throw new Error(`the database refuses: ${JSON.stringify(failed)}`);
    return results;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#members.keys()].map((member) => this.kill(member)));
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #transact(member: number, database: string, operations: readonly object[]) {
    const transaction = JSON.stringify([database, ...operations]);
    const args = ["--timeout=20", "transact", `unix:${this.socket(member)}`, transaction];
    return JSON.parse(await this.#exec("ovsdb-client", args));
  }

  async #memberThat(
    does: string,
    isIt: (place: MemberPlace) => boolean,
    of: readonly number[],
  ): Promise<number> {
    let found: number | undefined;
    const isThere = async () => {
      for (const member of of) {
        const place = this.#members[member] && (await this.place(member));
        if (place && isIt(place)) found = member;
      }
      return found !== undefined;
    };
    await waitFor(isThere, { what: `a member that ${does}`, everyMs: 50 });
    return found ?? -1;
  }

  #path(member: number, name: string): string {
    return join(this.#directory, `${name}${member}`);
  }

  async #exec(program: string, args: readonly string[]): Promise<string> {
    const { stdout } = await run(program, [...args], { env: ovsEnvironment(this.#directory) });
    return stdout;
  }
}
