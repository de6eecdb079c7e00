// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { accessSync, constants, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const PROGRAMS = ["ovsdb-tool", "ovsdb-server", "ovs-vswitchd", "ovs-vsctl", "ovs-ofctl"] as const;
const SCHEMAS = ["/usr/share/openvswitch", "/usr/local/share/openvswitch"];

/** Debian keeps the daemons where an ordinary user's PATH does not look. */
const PATH = [process.env.PATH, "/usr/sbin", "/usr/local/sbin"].filter(Boolean).join(delimiter);

/**
 * Runs the daemons and stops them when its standard input ends: on `stop`, and also when this process
 * dies, SIGKILL included.
 */
const SUPERVISOR = `
trap '' INT TERM HUP
cd "$1" || exit 1
finish() {
  for daemon in ovs-vswitchd ovsdb-server; do
    pid=$(cat $daemon.pid 2>/dev/null) && kill -9 "$pid" 2>/dev/null
  done
  [ -n "$OPENVTAP_LAB_KEEP" ] || rm -rf "$1"
}
start() {
  ovsdb-tool create "$1/conf.db" "$2" &&
  ovsdb-server "$1/conf.db" --remote=punix:"$1/db.sock" --pidfile --detach --log-file -vconsole:off &&
  ovs-vsctl --db=unix:"$1/db.sock" --no-wait init &&
  ovs-vswitchd "$3" --disable-system --pidfile --detach --log-file \
    -vconsole:off unix:"$1/db.sock"
}
if start "$1" "$2" "$3" >&2; then echo ready; cat >/dev/null; finish "$1"; else finish "$1"; exit 1; fi
`;

/** A private Open vSwitch: its two daemons and their directory. */
export class OvsDaemons {
  readonly directory: string;
  readonly #supervisor: ChildProcess;

  private constructor(directory: string, supervisor: ChildProcess) {
    this.directory = directory;
    this.#supervisor = supervisor;
  }

  /**
   * Starts the daemons. `devices`: whether ports without a type are network devices of this machine
   * (`real`), or dummies too (the default), which never touch the machine's network.
   */
  static async start({
    devices = "dummy",
  }: {
    devices?: "dummy" | "real";
  } = {}): Promise<OvsDaemons> {
    const schema = requireOpenVSwitch();
    const directory = mkdtempSync(join(tmpdir(), "openvtap-lab-"));
    // Detached: Ctrl-C does not reach the supervisor, so it can clean up after this process.
    const dummies = devices === "real" ? "--enable-dummy" : "--enable-dummy=override";
    const supervisor = spawn("sh", ["-c", SUPERVISOR, "sh", directory, schema, dummies], {
      env: environment(directory),
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    try {
      await untilReady(supervisor);
    } catch (cause) {
      rmSync(directory, { recursive: true, force: true });
      throw cause;
    }
    return new OvsDaemons(directory, supervisor);
  }

  /** The control socket of ovs-vswitchd. */
  get controlSocket(): string {
    const name = readdirSync(this.directory).find((file) => /^ovs-vswitchd\.\d+\.ctl$/.test(file));
    if (!name) throw new Error(`ovs-vswitchd has no control socket in ${this.directory}`);
    return join(this.directory, name);
  }

  /** Runs an Open vSwitch program against these daemons and returns its output. */
  async exec(program: string, args: readonly string[], input?: string): Promise<string> {
    const options = { env: environment(this.directory), maxBuffer: 1 << 30, timeout: 90_000 };
    const running = run(program, [...args], options);
    if (input !== undefined) running.child.stdin?.end(input);
    const { stdout } = await running;
    return stdout;
  }

  /** Stops the daemons and removes the directory; resolves when that is done. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#supervisor.exitCode !== null) resolve();
      else {
        this.#supervisor.once("exit", () => resolve());
        this.#supervisor.stdin?.end();
      }
    });
  }
}

function environment(directory: string): NodeJS.ProcessEnv {
  const here = { OVS_RUNDIR: directory, OVS_LOGDIR: directory, OVS_DBDIR: directory };
  return { ...process.env, ...here, PATH, LC_ALL: "C" };
}

/** The path of the database schema; throws an error of one line if Open vSwitch is not installed. */
function requireOpenVSwitch(): string {
  const folders = PATH.split(delimiter);
  const missing = PROGRAMS.filter((program) => !folders.some((at) => canRun(join(at, program))));
  const schema = SCHEMAS.map((at) => join(at, "vswitch.ovsschema")).find((at) => existsSync(at));
  if (missing.length === 0 && schema) return schema;
  const what = missing.length > 0 ? missing.join(", ") : "vswitch.ovsschema";
  throw new Error(`Open vSwitch is not installed (no ${what}): apt-get install openvswitch-switch`);
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function untilReady(supervisor: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let errors = "";
    supervisor.stderr?.on("data", (chunk) => {
      errors += String(chunk);
    });
    supervisor.once("error", reject);
    supervisor.once("exit", () => reject(new Error(`Open vSwitch did not start: ${errors}`)));
    supervisor.stdout?.once("data", () => resolve());
  });
}
