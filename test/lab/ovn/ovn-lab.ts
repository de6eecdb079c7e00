// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ovsEnvironment } from "../daemons.ts";

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL("ovn.sh", import.meta.url));
const SCHEMA = "/usr/share/ovn/ovn-sb.ovsschema";

const HYPERVISORS = ["hv1", "hv2"] as const;

/** The address at which the tunnels of a hypervisor end, as ovn.sh sets it. */
function endpointOf(hypervisor: string): string {
  return `192.168.9.${hypervisor.slice(2)}`;
}

/** A real OVN with two hypervisors, `hv1` and `hv2`, without logical switches at first. */
export class OvnLab {
  readonly directory: string;
  readonly #supervisor: ChildProcess;

  private constructor(directory: string, supervisor: ChildProcess) {
    this.directory = directory;
    this.#supervisor = supervisor;
  }

  static async start(): Promise<OvnLab> {
    if (!existsSync(SCHEMA)) {
      throw new Error("OVN is missing, install it: apt-get install ovn-central ovn-host");
    }
    const directory = mkdtempSync(join(tmpdir(), "vtap-ovn-"));
    // Detached: Ctrl-C does not reach it, so it can clean up after this process.
    const supervisor = spawn("sh", [SCRIPT, directory], {
      env: ovsEnvironment(directory),
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    let errors = "";
    supervisor.stderr?.on("data", (chunk) => {
      errors += String(chunk);
    });
    const ended = once(supervisor, "exit").then(() => "ended");
    const ready = once(supervisor.stdout ?? supervisor, "data").then(() => "ready");
    if ((await Promise.race([ready, ended])) === "ready") return new OvnLab(directory, supervisor);
    rmSync(directory, { recursive: true, force: true });
    throw new Error(`OVN does not start: ${errors}`);
  }

  /** The socket of the Southbound database. */
  get southbound(): string {
    return join(this.directory, "central", "sb.sock");
  }

  /** The socket of the database of a hypervisor. */
  databaseOf(hypervisor: string): string {
    return join(this.directory, hypervisor, "db.sock");
  }

  /** Runs `ovn-nbctl`, and waits until the hypervisors have what it changes where `--wait=hv` is given. */
  nbctl(...args: readonly string[]): Promise<string> {
    return this.#exec("ovn-nbctl", [`--db=unix:${this.directory}/central/nb.sock`, ...args]);
  }

  sbctl(...args: readonly string[]): Promise<string> {
    return this.#exec("ovn-sbctl", [`--db=unix:${this.southbound}`, ...args]);
  }

  vsctl(hypervisor: string, ...args: readonly string[]): Promise<string> {
    return this.#exec("ovs-vsctl", [`--db=unix:${this.databaseOf(hypervisor)}`, ...args]);
  }

  /** Joins the hypervisors by a network for tunnels: bridges `br-phys` with the addresses of their endpoints. */
  async joinHypervisors(): Promise<void> {
    const mac = (number: number) => `aa:bb:cc:00:00:0${number}`;
    const socket = `unix:${join(this.directory, "wire.sock")}`;
    for (const [number, name] of HYPERVISORS.entries()) {
      const wire = number === 0 ? `options:pstream=p${socket}` : `options:stream=${socket}`;
      await this.vsctl(
        name,
        ...["add-br", "br-phys", "--", "set", "bridge", "br-phys", "datapath_type=dummy"],
        ...["fail-mode=standalone", `other-config:hwaddr=${mac(number)}`],
        ...["--", "add-port", "br-phys", "wire"],
        ...["--", "set", "interface", "wire", "type=dummy", wire],
      );
      const own = endpointOf(name);
      await this.appctl(name, "netdev-dummy/ip4addr", "br-phys", `${own}/24`);
      await this.appctl(name, "ovs/route/add", "192.168.9.0/24", "br-phys");
      for (const [other, peer] of HYPERVISORS.entries()) {
        if (other === number) continue;
        await this.appctl(name, "tnl/arp/set", "br-phys", endpointOf(peer), mac(other));
      }
    }
  }

  /** Runs a command of the ovs-vswitchd of a hypervisor. */
  appctl(hypervisor: string, ...args: readonly string[]): Promise<string> {
    const home = join(this.directory, hypervisor);
    const pid = readFileSync(join(home, "ovs-vswitchd.pid"), "utf8").trim();
    return this.#exec("ovs-appctl", ["-t", join(home, `ovs-vswitchd.${pid}.ctl`), ...args]);
  }

  async stop(): Promise<void> {
    const gone = once(this.#supervisor, "exit");
    this.#supervisor.stdin?.end();
    await gone;
  }

  async #exec(program: string, args: readonly string[]): Promise<string> {
    const { stdout } = await run(program, ["--timeout=60", ...args], {
      env: ovsEnvironment(this.directory),
    });
    return stdout.trim();
  }
}
