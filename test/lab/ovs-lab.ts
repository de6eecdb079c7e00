// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { OvsDaemons } from "./daemons.ts";
import {
  bridgeCommands,
  controllerCommands,
  hostCommands,
  type LabHost,
  type LabLink,
  type LabSwitch,
  linkCommands,
  linkPortName,
} from "./ovs-commands.ts";
import { PcapReader } from "./pcap.ts";
import { UnixControl } from "./unixctl.ts";
import { waitFor } from "./wait-for.ts";

/** Frames as bytes, or as hex. */
export type Frame = Uint8Array | string;

/** The datapath queues 100 frames per port and drops the rest: stay well below. */
const FRAMES_IN_FLIGHT = 64;

/**
 * A private Open vSwitch with dummy datapaths: real OpenFlow, real tables, exact frames in and out;
 * needs no root and no kernel module. One process runs all switches of a lab; links are patch ports,
 * and host ports write the frames that leave them to a file.
 *
 * The main thread of ovs-vswitchd does all forwarding, so once the datapath has received a frame, all
 * resulting frames have left: then `inject` returns.
 */
export class OvsLab {
  readonly #daemons: OvsDaemons;
  readonly #control: UnixControl;
  readonly #switches = new Map<string, LabSwitch>();
  readonly #links: LabLink[] = [];
  readonly #captures = new Map<string, PcapReader>();
  /** Frames injected at each host port since it was created. */
  readonly #injected = new Map<string, number>();
  /** Frames that `give` queued since the datapath was last seen to have received all. */
  #unsettled = 0;

  private constructor(daemons: OvsDaemons, control: UnixControl) {
    this.#daemons = daemons;
    this.#control = control;
  }

  /**
   * Starts the daemons (about 0.2 s). They stop with `stop`, or with this process. With `tunnels` ports
   * of tunnel types are real; otherwise they are dummies like all others.
   */
  static async start({ tunnels = false } = {}): Promise<OvsLab> {
    const daemons = await OvsDaemons.start({ devices: tunnels ? "real" : "dummy" });
    try {
      return new OvsLab(daemons, await UnixControl.open(daemons.controlSocket));
    } catch (cause) {
      await daemons.stop();
      throw cause;
    }
  }

  /** The directory of sockets, logs and captures. */
  get directory(): string {
    return this.#daemons.directory;
  }

  async addSwitch(config: LabSwitch): Promise<void> {
    await this.build({ switches: [config] });
  }

  /** Joins two switches by a pair of patch ports. */
  async link(...link: LabLink): Promise<void> {
    await this.build({ links: [link] });
  }

  /** Creates many switches and links in one step. */
  async build(plan: {
    switches?: readonly LabSwitch[];
    links?: readonly LabLink[];
  }): Promise<void> {
    const commands: string[][] = [];
    for (const each of plan.switches ?? []) {
      const dpid = each.dpid ?? (this.#switches.size + 1).toString(16).padStart(16, "0");
      const config = { ...each, dpid };
      this.#switches.set(each.name, config);
      commands.push(...this.#switchCommands(config));
    }
    for (const link of plan.links ?? []) {
      this.#links.push(link);
      commands.push(...linkCommands(link));
    }
    await this.#vsctlAll(commands);
  }

  /** Takes a switch that another program has made for one of the lab. */
  adoptSwitch(name: string): void {
    if (!this.#switches.has(name)) this.#switches.set(name, { name });
  }

  /** Adds a host port to a running switch. */
  async addHost(name: string, switchName: string, port: number): Promise<void> {
    const config = this.#switch(switchName);
    this.#switches.set(switchName, { ...config, hosts: [...(config.hosts ?? []), { name, port }] });
    await this.#vsctlAll(this.#hostCommands(switchName, { name, port }));
  }

  /** Removes a port: a host's by its name, a link's by `portName`. */
  async removePort(switchName: string, port: string): Promise<void> {
    await this.vsctl("del-port", switchName, port);
    this.#injected.delete(port);
  }

  /** Gives a host's port another OpenFlow number; its counters start at zero. */
  async renumberPort(host: string, port: number): Promise<void> {
    this.#injected.delete(host);
    await this.vsctl("set", "interface", host, `ofport_request=${port}`);
    await this.vsctl("wait-until", "interface", host, `ofport=${port}`);
  }

  /** The OpenFlow name of a switch's link port. */
  portName(switchName: string, port: number): string {
    return linkPortName(switchName, port);
  }

  /**
   * Takes a host's port down, or up again; the switch reports it, and drops frames from there. (A dummy
   * port that is down still sends frames, and a patch port cannot be taken down.)
   */
  async setHostPort(switchName: string, port: number, state: "up" | "down"): Promise<void> {
    await this.ofctl("mod-port", switchName, String(port), state);
  }

  /** Cuts the link at a switch's port: both switches lose the port and report it. */
  async cutLink(switchName: string, port: number): Promise<void> {
    const [a, aPort, b, bPort] = this.#link(switchName, port);
    await this.#vsctlAll([
      ["del-port", a, linkPortName(a, aPort)],
      ["del-port", b, linkPortName(b, bPort)],
    ]);
  }

  /** Restores a cut link with its port numbers. */
  async restoreLink(switchName: string, port: number): Promise<void> {
    await this.#vsctlAll(linkCommands(this.#link(switchName, port)));
  }

  /** Removes a switch with its tables and creates it again, as after a power cut. */
  async restartSwitch(name: string): Promise<void> {
    const config = this.#switch(name);
    // In two steps: in one transaction, the daemon would see the same bridge before and after.
    await this.vsctl("del-br", name);
    const links = this.#links.filter(([a, , b]) => a === name || b === name);
    // The far ends still exist: only this switch's ends were removed with it.
    const ends = links.flatMap(linkCommands).filter(([, , owner]) => owner === name);
    await this.#vsctlAll([...this.#switchCommands(config), ...ends]);
  }

  /** Points a switch to a controller; it retries every second. */
  async setController(switchName: string, target: string): Promise<void> {
    this.#switches.set(switchName, { ...this.#switch(switchName), controller: target });
    await this.#vsctlAll(controllerCommands(switchName, target));
  }

  /** Points many switches to one controller in one step. */
  async setControllers(switchNames: readonly string[], target: string): Promise<void> {
    for (const name of switchNames) {
      this.#switches.set(name, { ...this.#switch(name), controller: target });
    }
    await this.#vsctlAll(switchNames.flatMap((name) => controllerCommands(name, target)));
  }

  async deleteController(switchName: string): Promise<void> {
    const { controller: _, ...rest } = this.#switch(switchName);
    this.#switches.set(switchName, rest);
    await this.vsctl("del-controller", switchName);
  }

  /**
   * Sends frames from a host, in order, and returns when the switches have processed them. Empties the
   * datapath's flow cache first, so that frames meet the tables as they are now; `cached` keeps it, as
   * for production traffic.
   */
  async inject(
    host: string,
    frames: Frame | readonly Frame[],
    { cached = false } = {},
  ): Promise<void> {
    if (!cached) await this.#control.call("revalidator/purge");
    const list = typeof frames === "string" || frames instanceof Uint8Array ? [frames] : frames;
    for (let at = 0; at < list.length; at += FRAMES_IN_FLIGHT) {
      const batch = list.slice(at, at + FRAMES_IN_FLIGHT);
      await Promise.all(batch.map((frame) => this.#queue(host, frame)));
      await this.settle();
    }
  }

  /**
   * Sends one frame from a host, and returns when the datapath has queued it. `settle` waits for it,
   * too. A turn of ovs-vswitchd may queue ten frames and receives one of a port, so even frames sent
   * one after another fill a queue on a busy machine: each 64th waits until all are received.
   */
  async give(host: string, frame: Frame): Promise<void> {
    await this.#queue(host, frame);
    if (++this.#unsettled >= FRAMES_IN_FLIGHT) await this.settle();
  }

  /** Waits until the datapath has received all frames sent: then all resulting frames have left. */
  async settle(): Promise<void> {
    const taken = async () => {
      const received = receivedFrames(await this.#control.call("dpctl/show", "-s"));
      return [...this.#injected].every(([host, count]) => (received.get(host) ?? 0) >= count);
    };
    await waitFor(taken, { what: "the datapath to receive all frames", everyMs: 0 });
    this.#unsettled = 0;
  }

  /** The exact frames that left a host's port, in order, since the start or the last `clear`. */
  frames(host: string): readonly Uint8Array[] {
    const capture = this.#captures.get(host);
    if (!capture) throw new Error(`no host ${host} in the lab`);
    return capture.frames();
  }

  /** Every host's frames as hex, without hosts that received none. */
  received(): Record<string, string[]> {
    const entries = [...this.#captures.keys()].map(
      (name) => [name, this.frames(name).map(hex)] as const,
    );
    return Object.fromEntries(entries.filter(([, frames]) => frames.length > 0));
  }

  /** Discards the frames captured so far. */
  clear(): void {
    for (const capture of this.#captures.values()) capture.forget();
  }

  /** The flow entries of a switch in `ovs-ofctl` syntax without counters, sorted. */
  async dumpFlows(switchName: string): Promise<string[]> {
    return dumpLines(await this.ofctl("--no-stats", "dump-flows", switchName));
  }

  /** Waits until a switch has the dumped flow entries again. */
  async flowsAreBack(switchName: string, dumped: readonly string[]): Promise<void> {
    const isBack = async () => (await this.dumpFlows(switchName)).join() === dumped.join();
    await waitFor(isBack, { what: `the flow entries of ${switchName} to be back` });
  }

  /** The groups of a switch in `ovs-ofctl` syntax, sorted. */
  async dumpGroups(switchName: string): Promise<string[]> {
    return dumpLines(await this.ofctl("dump-groups", switchName));
  }

  /** Runs `ovs-ofctl -O OpenFlow14 …`. */
  ofctl(...args: readonly string[]): Promise<string> {
    return this.#daemons.exec("ovs-ofctl", ["-O", "OpenFlow14", ...args]);
  }

  /** Sends a file of flow-mods and group-mods (`ovs-ofctl bundle` syntax) as one atomic bundle. */
  bundle(switchName: string, lines: readonly string[]): Promise<string> {
    const args = ["-O", "OpenFlow14", "bundle", switchName, "-"];
    return this.#daemons.exec("ovs-ofctl", args, `${lines.join("\n")}\n`);
  }

  /** Runs one `ovs-vsctl` command. */
  vsctl(...args: readonly string[]): Promise<string> {
    const database = `--db=unix:${join(this.directory, "db.sock")}`;
    return this.#daemons.exec("ovs-vsctl", [database, "--timeout=90", ...args]);
  }

  /** Runs a command of `ovs-appctl` in ovs-vswitchd, such as `ofproto/trace`. */
  appctl(method: string, ...params: readonly string[]): Promise<string> {
    return this.#control.call(method, ...params);
  }

  /** Traces a frame that enters a switch by a port, step by step. */
  trace(switchName: string, inPort: number, frame: Frame): Promise<string> {
    return this.#control.call("ofproto/trace", switchName, `in_port=${inPort}`, hex(frame));
  }

  /** Stops everything and removes the directory. */
  async stop(): Promise<void> {
    this.#control.close();
    await this.#daemons.stop();
  }

  async #queue(host: string, frame: Frame): Promise<void> {
    this.#injected.set(host, (this.#injected.get(host) ?? 0) + 1);
    await this.#control.call("netdev-dummy/receive", host, hex(frame));
  }

  #switch(name: string): LabSwitch {
    const config = this.#switches.get(name);
    if (!config) throw new Error(`no switch ${name} in the lab`);
    return config;
  }

  #link(switchName: string, port: number): LabLink {
    const link = this.#links.find(
      ([a, aPort, b, bPort]) =>
        (a === switchName && aPort === port) || (b === switchName && bPort === port),
    );
    if (!link) throw new Error(`no link at port ${port} of ${switchName}`);
    return link;
  }

  async #vsctlAll(commands: readonly string[][]): Promise<void> {
    if (commands.length > 0) await this.vsctl(...commands.flatMap((command) => ["--", ...command]));
  }

  #switchCommands(config: LabSwitch): string[][] {
    const { name, dpid = "", hosts = [], controller } = config;
    return [
      ...bridgeCommands(name, dpid),
      ...hosts.flatMap((host) => this.#hostCommands(name, host)),
      ...(controller ? controllerCommands(name, controller) : []),
    ];
  }

  /** The host's port is new: its counters and its capture start at zero. */
  #hostCommands(switchName: string, host: LabHost): string[][] {
    const capture = join(this.directory, `${host.name}.pcap`);
    this.#injected.delete(host.name);
    this.#captures.set(host.name, new PcapReader(capture));
    return hostCommands(switchName, host, capture);
  }
}

function hex(frame: Frame): string {
  if (typeof frame === "string") return frame;
  return Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString("hex");
}

/** Frames received by each port, from `dpctl/show -s`. */
function receivedFrames(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [, port, frames] of text.matchAll(/^ {2}port \d+: (\S+).*\n\s+RX packets:(\d+)/gm)) {
    if (port && frames) counts.set(port, Number(frames));
  }
  return counts;
}

function dumpLines(text: string): string[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "" && !/^(OFPST|NXST)/.test(line)).sort();
}
