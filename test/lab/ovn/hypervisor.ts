// SPDX-License-Identifier: Apache-2.0
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ovsEnvironment } from "../daemons.ts";
import { PcapReader } from "../pcap.ts";
import { UnixControl } from "../unixctl.ts";
import { waitFor } from "../wait-for.ts";
import type { OvnLab } from "./ovn-lab.ts";

const run = promisify(execFile);

/** The integration bridge of a hypervisor of an OVN lab: frames in and out, its tables, its ovn-controller. */
export class OvnHypervisor {
  readonly #lab: OvnLab;
  readonly #name: string;
  readonly #bridge: string;
  readonly #control: UnixControl;
  readonly #captures = new Map<string, PcapReader>();
  readonly #injected = new Map<string, number>();

  private constructor(
    lab: OvnLab,
    { name, bridge }: { readonly name: string; readonly bridge: string },
    control: UnixControl,
  ) {
    this.#lab = lab;
    this.#name = name;
    this.#bridge = bridge;
    this.#control = control;
  }

  /** `bridge`: the one that its ports are added to. */
  static async open(lab: OvnLab, name: string, bridge = "br-int"): Promise<OvnHypervisor> {
    const directory = join(lab.directory, name);
    const socket = readdirSync(directory).find((file) => /^ovs-vswitchd\.\d+\.ctl$/.test(file));
    if (socket === undefined) throw new Error(`ovs-vswitchd has no control socket in ${directory}`);
    const control = await UnixControl.open(join(directory, socket));
    return new OvnHypervisor(lab, { name, bridge }, control);
  }

  get #directory(): string {
    return join(this.#lab.directory, this.#name);
  }

  /** The socket by which programs connect to the bridge. */
  get management(): string {
    return join(this.#directory, `${this.#bridge}.mgmt`);
  }

  /** Adds a port to the bridge; `logical`: the logical port that it is; `more`: settings of its interface. */
  async addPort(name: string, logical?: string, ...more: readonly string[]): Promise<void> {
    const capture = join(this.#directory, `${name}.pcap`);
    this.#captures.set(name, new PcapReader(capture));
    const bound = logical === undefined ? [] : [`external-ids:iface-id=${logical}`];
    const settings = ["type=dummy", `options:tx_pcap=${capture}`, ...bound, ...more];
    const adding = ["add-port", this.#bridge, name, "--", "set", "interface", name, ...settings];
    await this.#lab.vsctl(this.#name, ...adding);
  }

  /** Sends frames from a port, one by one, and returns when the tables have handled them. */
  async inject(port: string, frames: readonly Uint8Array[]): Promise<void> {
    await this.#control.call("revalidator/purge");
    // Old connections end ovs-vswitchd 3.1 when their translation has changed: an assertion in conntrack.c fails.
    await this.#control.call("dpctl/flush-conntrack");
    for (const frame of frames) {
      this.#injected.set(port, (this.#injected.get(port) ?? 0) + 1);
      await this.#control.call("netdev-dummy/receive", port, Buffer.from(frame).toString("hex"));
      await waitFor(async () => this.#isTaken(await this.#control.call("dpctl/show", "-s")), {
        what: "the datapath to receive the frame",
        everyMs: 0,
      });
    }
  }

  #isTaken(shown: string): boolean {
    const counts = new Map(
      [...shown.matchAll(/^ {2}port \d+: (\S+).*\n\s+RX packets:(\d+)/gm)].map(
        ([, port, count]) => [port, Number(count)] as const,
      ),
    );
    return [...this.#injected].every(([port, count]) => (counts.get(port) ?? 0) >= count);
  }

  /** The frames that left each port since the last call, as hex; ports without frames are left out. */
  taken(): Record<string, string[]> {
    const all = [...this.#captures].map(([name, capture]) => {
      const frames = capture.frames().map((frame) => Buffer.from(frame).toString("hex"));
      capture.forget();
      return [name, frames] as const;
    });
    return Object.fromEntries(all.filter(([, frames]) => frames.length > 0));
  }

  /** The flow entries without counters, sorted. */
  async dumpFlows(): Promise<string[]> {
    const text = await this.ofctl("--no-stats", "dump-flows", this.management);
    return text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line.includes("actions="))
      .sort();
  }

  async ofctl(...args: readonly string[]): Promise<string> {
    const options = { env: ovsEnvironment(this.#directory), maxBuffer: 1 << 28 };
    return (await run("ovs-ofctl", ["-O", "OpenFlow14", ...args], options)).stdout;
  }

  /** Ends ovn-controller at once, and starts it again: it clears the tables before it fills them. */
  async restartController(): Promise<void> {
    const pidfile = join(this.#directory, "ovn-controller.pid");
    process.kill(Number(readFileSync(pidfile, "utf8")), "SIGKILL");
    const args = [
      `unix:${join(this.#directory, "db.sock")}`,
      ...[`--pidfile=${pidfile}`, "--overwrite-pidfile", "--detach", "-vconsole:off"],
      `--log-file=${join(this.#directory, "ovn-controller.log")}`,
    ];
    const env = { ...ovsEnvironment(this.#directory), OVN_RUNDIR: this.#directory };
    const started = spawn("ovn-controller", args, { env, stdio: "ignore" });
    await once(started, "exit");
  }

  close(): void {
    this.#control.close();
  }
}
