// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { OvsDaemons } from "../../../test/lab/daemons.ts";
import type { Prerequisite } from "../../prerequisites.ts";
import { frameFields } from "../frame-fields.ts";
import type { Janitor } from "../janitor.ts";
import type { DemoLab, Suggestion } from "../lab.ts";
import type { DemoNetwork } from "../network.ts";
import type { Frames } from "../referee.ts";
import { run } from "../run.ts";
import { Capture } from "./capture.ts";
import {
  bringHostUp,
  bringUp,
  cables,
  namespaceOf,
  switchCommands,
  switchDevices,
} from "./wiring.ts";

/** Programs that this lab runs. */
export const NAMESPACE_PROGRAMS: readonly Prerequisite[] = [
  "ovs-vswitchd",
  "ip",
  "ethtool",
  "tcpdump",
  "ping",
  "curl",
];

/** How long no frame may arrive until the network counts as quiet. */
const QUIET_MS = 300;

/**
 * Real hosts: each a network namespace with the kernel's own IP stack, a cable (veth pair) to its
 * switch, and cables between the switches. Needs root.
 */
export class NamespaceLab implements DemoLab {
  readonly suggestions: readonly Suggestion[] = [
    {
      about:
        "watch the IDS's cable while the client (next command) requests a page from the server",
      command: "ip netns exec openvtap-h3 tcpdump -enli eth0",
    },
    {
      about: "optionally cut the cable s1–s3 first: ip link set vtd-s1-s3 down",
      command: "ip netns exec openvtap-h1 curl -s http://10.1.1.2/",
    },
  ];
  readonly #network: DemoNetwork;
  readonly #daemons: OvsDaemons;
  readonly #signal: AbortSignal;
  readonly #incoming = new Map<string, Capture>();
  readonly #outgoing = new Map<string, Capture>();

  private constructor(network: DemoNetwork, daemons: OvsDaemons, signal: AbortSignal) {
    this.#network = network;
    this.#daemons = daemons;
    this.#signal = signal;
  }

  /** Builds the network; registers every resource with the janitor before it is created. */
  static async start(
    network: DemoNetwork,
    janitor: Janitor,
    signal: AbortSignal,
  ): Promise<NamespaceLab> {
    const devices = switchDevices(network);
    for (const name of devices) janitor.note({ kind: "link", name });
    for (const host of network.hosts) janitor.note({ kind: "namespace", name: namespaceOf(host) });
    const namespaces = network.hosts.map((host) => `netns add ${namespaceOf(host)}`);
    await run("ip", ["-batch", "-"], { input: namespaces.join("\n"), signal });
    await run("ip", ["-batch", "-"], { input: cables(network), signal });
    await run("sh", ["-e"], { input: bringUp(devices), signal });
    for (const host of network.hosts) {
      const args = ["netns", "exec", namespaceOf(host), "sh", "-e"];
      await run("ip", args, { input: bringHostUp(host), signal });
    }
    const daemons = await OvsDaemons.start({ devices: "real" });
    const lab = new NamespaceLab(network, daemons, signal);
    try {
      await lab.#vsctl(switchCommands(network));
      return lab;
    } catch (cause) {
      await daemons.stop();
      throw cause;
    }
  }

  get directory(): string {
    return this.#daemons.directory;
  }

  async connect(target: string): Promise<void> {
    const commands = this.#network.switches.flatMap(({ name }) => [
      ...["--", "set-controller", name, target],
      ...["--", "set", "controller", name, "max_backoff=1000", "connection_mode=out-of-band"],
    ]);
    await this.#vsctl(commands);
  }

  async watch(): Promise<void> {
    const { hosts } = this.#network;
    const start = async (direction: "in" | "out", into: Map<string, Capture>) => {
      const captures = hosts.map((host) => Capture.start(namespaceOf(host), direction));
      for (const [index, capture] of (await Promise.all(captures)).entries()) {
        into.set(hosts[index]?.name ?? "", capture);
      }
    };
    await Promise.all([start("in", this.#incoming), start("out", this.#outgoing)]);
    await this.#quiet();
  }

  /**
   * Hosts announce their IPv6 addresses when they come up. Waits until no frame arrives, so that no
   * frame is captured at one end only because the capture at the other end had not started.
   */
  async #quiet(): Promise<void> {
    const captures = [...this.#incoming.values(), ...this.#outgoing.values()];
    const count = () => captures.reduce((sum, { frames }) => sum + frames.length, 0);
    for (let [round, before] = [0, -1]; round < 10 && count() !== before; round++) {
      before = count();
      await delay(QUIET_MS, undefined, { signal: this.#signal });
    }
    for (const { frames } of captures) frames.length = 0;
  }

  sent(): Frames {
    return new Map([...this.#outgoing].map(([host, { frames }]) => [host, frames]));
  }

  received(): Frames {
    // Leaves out frames of this machine's own network services (DHCP, LLDP): no switch forwarded them.
    const machine = new Map(this.#network.hosts.map((host) => [host.name, deviceMac(host.name)]));
    return new Map(
      [...this.#incoming].map(([host, { frames }]) => [
        host,
        frames.filter((frame) => frameFields(frame).eth_src !== machine.get(host)),
      ]),
    );
  }

  async sendTraffic(): Promise<void> {
    await this.#node("h2", "server.ts", "ready");
    await this.#node("h1", "client.ts", "done");
  }

  async stop(): Promise<void> {
    for (const capture of [...this.#incoming.values(), ...this.#outgoing.values()]) capture.stop();
    await this.#daemons.stop();
  }

  /** Runs a script of this folder on a host until it prints a word. */
  #node(host: string, script: string, word: string): Promise<ChildProcess> {
    return new Promise((resolve, reject) => {
      const path = fileURLToPath(new URL(script, import.meta.url));
      const args = ["netns", "exec", namespaceOf({ name: host }), process.execPath];
      const child = spawn("ip", [...args, ...process.execArgv, path], {
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
        signal: this.#signal,
      });
      let output = "";
      child.stderr.on("data", (chunk) => {
        output += String(chunk);
      });
      child.stdout.on("data", (chunk) => {
        if (String(chunk).includes(word)) resolve(child);
      });
      child.once("error", reject);
      child.once("exit", (code) =>
        reject(new Error(`${script} on ${host} exited (${code}): ${output}`)),
      );
    });
  }

  async #vsctl(commands: readonly string[]): Promise<void> {
    const database = `--db=unix:${join(this.directory, "db.sock")}`;
    await this.#daemons.exec("ovs-vsctl", [database, "--timeout=90", ...commands]);
  }
}

function deviceMac(host: string): string {
  return readFileSync(`/sys/class/net/vtd-${host}/address`, "utf8").trim();
}
