// SPDX-License-Identifier: Apache-2.0
import type { ControllerEvent } from "../../../src/contract/events.ts";
import { HostLearning } from "../../../src/controller/discovery/host-learning.ts";
import {
  LearnedHostMemory,
  type StoredLearnedHost,
} from "../../../src/controller/discovery/learned-host-memory.ts";
import type { PuntedFrame } from "../../../src/controller/discovery/packet-ins.ts";
import { SilentPorts } from "../../../src/controller/discovery/silent-ports.ts";
import { EventBus } from "../../../src/controller/events.ts";
import { Network } from "../../../src/controller/network/network.ts";
import { MonitorIndex } from "../../../src/controller/policies/monitor-index.ts";
import { formatMac } from "../../../src/openflow/index.ts";
import { arp, ethernet, type FrameFields, frameFields } from "../../../src/packet/index.ts";
import type { Policy } from "../../../src/policy/index.ts";
import { silentLogger } from "../../../src/runtime/logger.ts";
import {
  type Dpid,
  type HostLimits,
  type Port,
  type PortNo,
  type TopologyEvent,
  TopologyState,
} from "../../../src/topology/index.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";

export const S1 = "0000000000000001" as Dpid;
export const S2 = "0000000000000002" as Dpid;
export const START = Date.parse("2026-11-21T12:00:00Z");
export const A = "fa:00:00:00:00:01";

export const CONFIG = {
  switches: [S1, S2].map((dpid, index) => {
    return { dpid, name: `s${index + 1}`, forwarding: "paths" as const };
  }),
  links: [{ a: { dpid: S1, port: 10 }, b: { dpid: S2, port: 10 }, weight: 1, direct: true }],
  hosts: [],
};

export function port(no: number, name = `p${no}`): Port {
  return { no: no as PortNo, name, hwAddr: 0, up: true };
}

/** A disk that can fail. */
class Disk {
  readonly hosts = new Map<number, StoredLearnedHost>();
  writes = 0;
  failing = false;

  load = async () => [...this.hosts.values()];

  write = async (put: readonly StoredLearnedHost[], remove: readonly number[]) => {
    if (this.failing) throw new Error("no space left on device");
    this.writes++;
    for (const host of put) this.hosts.set(host.mac, host);
    for (const mac of remove) this.hosts.delete(mac);
  };
}

/** Host learning with real collaborators except the clock, the disk and the switches. */
export class Bench {
  readonly clock = new FakeClock();
  readonly events: ControllerEvent[] = [];
  readonly sent: { dpid: Dpid; port: number; fields: FrameFields }[] = [];
  readonly warnings: string[] = [];
  readonly monitors = new MonitorIndex();
  /** The conflicts of monitors as last reported, as text. */
  contested: string[] = [];
  handsOver = true;
  readonly network: Network;
  readonly learning: HostLearning;
  readonly disk: Disk;
  changes = 0;
  /** Policies with tunnels. */
  tunnelling: readonly Policy[] = [];

  constructor(disk = new Disk(), limits: Partial<HostLimits> = {}) {
    this.disk = disk;
    const state = TopologyState.empty.withConfig(CONFIG);
    this.network = new Network(state);
    this.network.subscribe(() => {
      this.changes++;
      this.learning.networkChanged(this.network.topology);
    });
    const events = new EventBus();
    events.subscribe((event) => this.events.push(event));
    const logger = {
      ...silentLogger,
      warn: (_: unknown, message: string) => void this.warnings.push(message),
    };
    const { clock } = this;
    const timeOfDay = () => START + clock.now();
    this.learning = new HostLearning({
      network: this.network,
      events,
      packetOuts: {
        send: (dpid, at, bytes) => {
          const fields = frameFields(bytes);
          if (fields) this.sent.push({ dpid, port: at, fields });
          return true;
        },
      },
      monitors: this.monitors,
      contested: {
        replace: (records) => {
          this.contested = [...records.values()].flat().map(({ conflict }) => conflict.kind);
        },
      },
      handsOver: async () => this.handsOver,
      silentPorts: new SilentPorts(() => this.tunnelling),
      memory: new LearnedHostMemory({ store: disk, clock, logger, timeOfDay }),
      clock,
      timeOfDay,
      logger,
      limits,
    });
  }

  connect(dpid: Dpid, ...ports: Port[]): void {
    this.network.apply({ type: "switchConnected", dpid, ports: [port(10), ...ports] });
  }

  apply(event: TopologyEvent): void {
    this.network.apply(event);
  }

  says(dpid: Dpid, at: number, mac = A, ip = "10.0.0.1", dst = "ff:ff:ff:ff:ff:ff"): void {
    const bytes = ethernet({ dst, src: mac }, arp({ sha: mac, spa: ip, tpa: ip }));
    this.enters(dpid, at, bytes);
    // A frame is an alias of a buffer that is reused.
    bytes.fill(0);
  }

  /** A switch hands over a frame. */
  enters(dpid: Dpid, at: number, bytes: Uint8Array): void {
    const frame: PuntedFrame = { dpid, port: at as PortNo, cookie: 0n, bytes, totalLength: 0 };
    this.learning.frame(frame);
  }

  hosts(): string[] {
    return [...this.network.topology.hosts.values()].map(
      ({ mac, dpid, port: at, origin }) => `${formatMac(mac)} s${Number(dpid)}/${at} ${origin}`,
    );
  }
}
