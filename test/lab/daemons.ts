// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, execFile, spawn } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
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
  directory=$1 schema=$2 dummies=$3 program=$4
  shift 4
  ovsdb-tool create "$directory/conf.db" "$schema" &&
  ovsdb-server conf.db --remote=punix:"$directory/db.sock" \
    --remote=db:Open_vSwitch,Open_vSwitch,manager_options \
    --private-key=db:Open_vSwitch,SSL,private_key --certificate=db:Open_vSwitch,SSL,certificate \
    --ca-cert=db:Open_vSwitch,SSL,ca_cert --pidfile --detach --log-file -vconsole:off &&
  ovs-vsctl --db=unix:"$directory/db.sock" --no-wait init &&
  { [ $# = 0 ] || ovs-vsctl --db=unix:"$directory/db.sock" --no-wait set Open_vSwitch . "$@"; } &&
  "$program" "$dummies" --disable-system --pidfile="$directory/ovs-vswitchd.pid" --detach \
    --log-file -vconsole:off unix:"$directory/db.sock"
}
if start "$@" >&2; then echo ready; cat >/dev/null; finish "$1"; else finish "$1"; exit 1; fi
`;

/** A build of `ovs-vswitchd` other than the installed one, and how it starts. */
export interface SwitchProgram {
  readonly program: string;
  /** Folders of its shared libraries. */
  readonly libraries: readonly string[];
  /** Columns of the Open_vSwitch row that are set before the start, as for `ovs-vsctl set`. */
  readonly settings: readonly string[];
}

const INSTALLED: SwitchProgram = { program: "ovs-vswitchd", libraries: [], settings: [] };

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
    vswitchd = INSTALLED,
  }: {
    devices?: "dummy" | "real";
    vswitchd?: SwitchProgram;
  } = {}): Promise<OvsDaemons> {
    const schema = requireOpenVSwitch();
    const directory = mkdtempSync(join(tmpdir(), "openvtap-lab-"));
    // Detached: Ctrl-C does not reach the supervisor, so it can clean up after this process.
    const dummies = devices === "real" ? "--enable-dummy" : "--enable-dummy=override";
    const { program, libraries, settings } = vswitchd;
    const args = [directory, schema, dummies, program, ...settings];
    const more = libraries.length === 0 ? {} : { LD_LIBRARY_PATH: libraries.join(delimiter) };
    const supervisor = spawn("sh", ["-c", SUPERVISOR, "sh", ...args], {
      env: { ...ovsEnvironment(directory), ...more },
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

  /** The process of ovs-vswitchd. */
  get switchPid(): number {
    return Number(readFileSync(join(this.directory, "ovs-vswitchd.pid"), "utf8"));
  }

  /** The control socket of ovs-vswitchd. */
  get controlSocket(): string {
    const name = readdirSync(this.directory).find((file) =>
      /^ovs-vswitchd.*\.\d+\.ctl$/.test(file),
    );
    if (!name) throw new Error(`ovs-vswitchd has no control socket in ${this.directory}`);
    return join(this.directory, name);
  }

  /** Runs an Open vSwitch program against these daemons and returns its output. */
  async exec(program: string, args: readonly string[], input?: string): Promise<string> {
    const options = { env: ovsEnvironment(this.directory), maxBuffer: 1 << 30, timeout: 90_000 };
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

/** The environment of programs of Open vSwitch whose files are in a directory. */
export function ovsEnvironment(directory: string): NodeJS.ProcessEnv {
  const here = { OVS_RUNDIR: directory, OVS_LOGDIR: directory, OVS_DBDIR: directory };
  return { ...process.env, ...here, PATH, LC_ALL: "C" };
}

/** The path of the database schema; throws an error of one line if Open vSwitch is not installed. */
export function requireOpenVSwitch(): string {
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
