// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "../../lab/index.ts";
import { arpRequest, ping, udp } from "../frames.ts";
import { hostAddresses } from "../hosts.ts";
import { VtapProcess } from "../vtap-process.ts";
import {
  a1,
  a2,
  beyond,
  c1,
  type Delivered,
  FLOATING,
  OvnSide,
  PORTS,
  type PortName,
  router,
  SERVICE,
} from "./ovn-side.ts";

/** How OpenVTAP taps. */
export type Way = "mirrors" | "table 0";

const stranger = hostAddresses(9);
const at = (port: string) => ({ switch: "br-int", port });

/** Switched, routed, translated, answered by OVN itself, dropped by ACLs or by port security. */
const FRAMES: Readonly<Record<PortName, readonly Uint8Array[]>> = {
  a1: [
    ...[80, 9, 53].map((dst) => udp(a1, a2, { src: 1000, dst })),
    udp(a1, { ...c1, mac: router.mac }, { src: 1000, dst: 80 }),
    udp(a1, { ...a2, ip: SERVICE }, { src: 1000, dst: 53 }),
    ...[arpRequest(a1, router), ping(a1, router), ping(a1, a2)],
    udp(stranger, a2, { src: 1000, dst: 80 }),
  ],
  a2: [
    ...[80, 9].map((dst) => udp(a2, a1, { src: 1000, dst })),
    udp(a2, { ...c1, mac: router.mac }, { src: 1000, dst: 9 }),
    arpRequest(a2, a1),
  ],
  c1: [
    udp(c1, { ...a1, mac: beyond.mac }, { src: 1000, dst: 80 }),
    udp(c1, { ...a1, mac: beyond.mac, ip: FLOATING }, { src: 1000, dst: 80 }),
  ],
};

/** The MAC addresses of the monitors, by name. */
export const MONITORS = { probe: "fa:00:00:00:00:66", probe2: "fa:00:00:00:00:67" } as const;

/** The policies, by id: what a1 and a2 send goes to `probe`, what a2 gets to `probe2`. */
const POLICIES = {
  "a1-sends": { sender: { port: at("a1") }, receiver: "any", monitors: [{ host: "probe" }] },
  "a2-sends": { sender: { port: at("a2") }, receiver: "any", monitors: [{ host: "probe" }] },
  "a2-gets": { sender: "any", receiver: { port: at("a2") }, monitors: [{ host: "probe2" }] },
} as const;
export type PolicyName = keyof typeof POLICIES;

/** What was found after an operation. */
export interface Comparison {
  /** Originals that differ, and copies that never came or that no policy requests; none: all is as it is to be. */
  readonly differences: readonly string[];
  /** From the end of the operation until every copy came, in milliseconds. */
  readonly gapMs: number;
  /** Frames whose copies were missing meanwhile. */
  readonly missing: number;
}

/** Two OVNs that get the same operations and frames; OpenVTAP is beside the first. */
export class OvnTwins {
  readonly tapped: OvnSide;
  readonly alone: OvnSide;
  readonly #directory: string;
  readonly #way: Way;
  #vtap: VtapProcess | undefined;
  readonly #active = new Set<PolicyName>();
  #isSuspended = false;

  private constructor(sides: readonly [OvnSide, OvnSide], directory: string, way: Way) {
    [this.tapped, this.alone] = sides;
    this.#directory = directory;
    this.#way = way;
  }

  static async start(way: Way): Promise<OvnTwins> {
    const directory = await mkdtemp(join(tmpdir(), "vtap-twins-"));
    const sides = await Promise.all([OvnSide.start(), OvnSide.start()]);
    const twins = new OvnTwins(sides, directory, way);
    await twins.startVtap();
    return twins;
  }

  /** Those that the way of tapping serves. */
  get policies(): readonly PolicyName[] {
    const all = Object.keys(POLICIES) as PolicyName[];
    return this.#way === "mirrors" ? all : all.filter((id) => id !== "a2-gets");
  }

  /** What OpenVTAP is requested to do at present, in words. */
  get state(): string {
    const policies = [...this.#active].sort().join(", ");
    return `${policies || "no policy"}${this.#isSuspended ? ", suspended" : ""}`;
  }

  both(operation: (side: OvnSide) => Promise<unknown>): Promise<unknown> {
    return Promise.all([this.tapped, this.alone].map(operation));
  }

  async startVtap(): Promise<void> {
    const file = async (name: string, content: object) => {
      const path = join(this.#directory, name);
      await writeFile(path, JSON.stringify(content));
      return path;
    };
    const forwarding = this.#way === "mirrors" ? { beside: { mirrors: true } } : "beside";
    const connect = `unix:${this.tapped.hypervisor.management}`;
    const topology = {
      switches: [{ dpid: "00000000000000a1", name: "br-int", forwarding, connect }],
      hosts: [...Object.entries(MONITORS).map(([name, mac]) => ({ name, mac, ...at(name) }))],
    };
    const ovsdbConnect = [`unix:${this.tapped.lab.databaseOf("hv1")}`];
    this.#vtap = await VtapProcess.start({
      data: join(this.#directory, "data"),
      topology: [await file("topology.json", topology)],
      more: ["--config", await file("config.json", { ovsdbConnect, ovsdbWrites: true })],
    });
  }

  async killVtap(): Promise<void> {
    await this.#vtap?.stop("SIGKILL");
    this.#vtap = undefined;
  }

  async setPolicy(id: PolicyName, isOn: boolean): Promise<void> {
    if (isOn) this.#active.add(id);
    else this.#active.delete(id);
    if (isOn) await this.#vtap?.request("PUT", `/policies/${id}`, POLICIES[id]);
    else await this.#vtap?.request("DELETE", `/policies/${id}?wait=30000`);
  }

  async suspend(isSuspended: boolean): Promise<void> {
    this.#isSuspended = isSuspended;
    const vtap = this.#vtap;
    await vtap?.request("POST", isSuspended ? "/taps:suspend?wait=30000" : "/taps:resume");
  }

  /** Sends frames from every port on both sides, until all copies come or `patienceMs` is over. */
  async compare(patienceMs: number): Promise<Comparison> {
    const began = performance.now();
    let missing = 0;
    for (;;) {
      const differences: string[] = [];
      let lacking = 0;
      for (const port of PORTS) {
        const found = await this.compareFrames(port, FRAMES[port]);
        differences.push(...found.differences);
        lacking += found.lacking;
      }
      missing += lacking;
      const gapMs = performance.now() - began;
      if (lacking === 0 || differences.length > 0) return { differences, gapMs, missing };
      if (gapMs > patienceMs)
        return { differences: [`${lacking} copies never come`], gapMs, missing };
    }
  }

  /** Sends frames from a port on both sides: what differs, and how many copies are not there. */
  async compareFrames(port: PortName, frames: readonly Uint8Array[]) {
    const [mine, theirs] = await Promise.all([
      this.tapped.delivered(port, frames),
      this.alone.delivered(port, frames),
    ]);
    const { probe = [], probe2 = [], ...originals } = mine;
    const differences: string[] = [];
    if (text(originals) !== text(theirs)) {
      differences.push(`from ${port}: ${text(originals)} instead of ${text(theirs)}`);
    }
    let lacking = 0;
    for (const [monitor, got, requested] of [
      ["probe", probe, this.#isOn(`${port}-sends`) ? frames.map(hex) : []],
      ["probe2", probe2, this.#isOn("a2-gets") ? (originals.a2 ?? []) : []],
    ] as const) {
      // Frames to the monitor itself are of its own conversation.
      const own = MONITORS[monitor].replaceAll(":", "");
      const owed = requested.filter((frame) => !frame.startsWith(own));
      const left = [...owed];
      for (const frame of got) {
        const index = left.indexOf(frame);
        const what = owed.includes(frame) ? "another copy of" : "a copy that no policy requests of";
        if (index < 0) differences.push(`from ${port}: ${monitor} gets ${what} ${frame}`);
        else left.splice(index, 1);
      }
      lacking += left.length;
    }
    return { differences, lacking };
  }

  #isOn(id: string): boolean {
    return !this.#isSuspended && this.#active.has(id as PolicyName);
  }

  /** Waits until nothing is under way: the policies are in effect on the switches. */
  async settled(): Promise<void> {
    const vtap = this.#vtap;
    if (vtap === undefined) return;
    await waitFor(
      async () => {
        const { policies } = await vtap.get("/status");
        const { active = 0, suspended = 0 } = policies.byState;
        return active + suspended === policies.total;
      },
      { what: "the policies to be in effect" },
    );
  }

  async stop(): Promise<void> {
    await this.#vtap?.stop();
    await Promise.all([this.tapped.stop(), this.alone.stop()]);
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function hex(frame: Uint8Array): string {
  return Buffer.from(frame).toString("hex");
}

/** Requests that ovn-controller sends for the router, at a time of its own, when it does not know a neighbour. */
const OWN_ARP = [router, beyond].map(({ mac }) => `ffffffffffff${mac.replaceAll(":", "")}0806`);

/** In order of ports, and of frames. */
function text(frames: Delivered): string {
  const all = Object.entries(frames).map(([port, each]) => {
    const caused = each.filter((frame) => !OWN_ARP.some((start) => frame.startsWith(start)));
    return [port, caused.sort()] as const;
  });
  return JSON.stringify(
    all.filter(([, each]) => each.length > 0).sort(([x], [y]) => (x < y ? -1 : 1)),
  );
}
