// SPDX-License-Identifier: Apache-2.0
import type { FlowSpec } from "../../../src/flow-model/index.ts";
import { compileForwarding } from "../../../src/forwarding/index.ts";
import { match, output } from "../../../src/openflow/index.ts";
import { ethernet, ipv4, tcp } from "../../../src/packet/index.ts";
import { TapCompiler } from "../../../src/policy/index.ts";
import type { Dpid, ForwardingProfile, Topology } from "../../../src/topology/index.ts";
import { linkPortName } from "../../lab/ovs-commands.ts";
import { environmentOf, policiesOf, topologyOf } from "../scenarios.ts";
import { type DeliveryForm, FAR, NEAR } from "./delivery-forms.ts";

/** Ethernet, IPv4 and TCP headers without options. */
const HEADERS = 54;
const FIRST_TCP_PORT = 1024;
/** The table of another application. */
const OTHER_TABLE = 7;

/** An end of a link: the port of a switch, by name and number. */
export interface RowPort {
  readonly switch: string;
  readonly name: string;
  readonly port: number;
}

/** A switch of the row. */
export interface RowSwitch {
  readonly dpid: Dpid;
  readonly name: string;
  /** Ports of hosts, which have the hosts' names. */
  readonly hosts: readonly RowPort[];
}

/**
 * Switches in a row: the sender `h1`, the receiver `h2` and the monitor `h3` at the first, the monitor
 * `h4` at the last.
 */
export class TappedRow {
  readonly switches: readonly RowSwitch[];
  /** Both ends of each link. */
  readonly links: readonly (readonly [RowPort, RowPort])[];
  readonly #topology: Topology;
  /** The same, where another application forwards. */
  readonly #besideTopology: Topology;

  constructor(length: number) {
    const build = (profile: ForwardingProfile) =>
      topologyOf({
        profiles: Array.from({ length }, () => profile),
        parents: Array.from({ length: length - 1 }, (_, index) => index),
        extra: [],
        hosts: [0, 0, 0, length - 1].map((at) => ({ at, shared: false })),
        connected: true,
        direct: "all",
      });
    this.#topology = build("paths");
    this.#besideTopology = build({ table: OTHER_TABLE });
    const { switches, hosts, links } = this.#topology;
    this.switches = [...switches].map(([dpid, { name = dpid }]) => ({
      dpid,
      name,
      hosts: [...hosts.values()]
        .filter((host) => host.dpid === dpid)
        .map((host) => ({ switch: name, name: host.name ?? "", port: Number(host.port) })),
    }));
    const end = (at: Dpid, port: number): RowPort => {
      const name = switches.get(at)?.name ?? at;
      return { switch: name, name: linkPortName(name, port), port };
    };
    this.links = links.map(({ a, b }) => [
      end(a.dpid, Number(a.written)),
      end(b.dpid, Number(b.written)),
    ]);
  }

  /** All entries of each switch for a form. */
  tables(form: DeliveryForm): Map<string, readonly FlowSpec[]> {
    const topology = form.isBeside ? this.#besideTopology : this.#topology;
    const base = compileForwarding(topology);
    const compiler = new TapCompiler(environmentOf(topology));
    compiler.update({ upsert: policiesOf(form.policies) });
    return new Map(
      this.switches.map(({ dpid, name }) => [
        name,
        [
          ...(base.get(dpid) ?? []),
          ...compiler.desired(dpid),
          ...(form.mirror === "across links" ? this.#carryMirrored(dpid) : []),
          ...(form.isBeside ? this.#otherEntries(dpid) : []),
        ],
      ]),
    );
  }

  /** The `ovs-vsctl` command for a form's mirror, or to have none. */
  mirrorCommand({ mirror }: DeliveryForm): string[] {
    const [first] = this.switches;
    const bridge = first?.name ?? "";
    if (mirror === undefined) return ["clear", "bridge", bridge, "mirrors"];
    const link = this.links.flat().find((each) => each.switch === bridge);
    const to = mirror === "same switch" ? NEAR.host : (link?.name ?? "");
    return [
      ...["--id=@from", "get", "port", "h1", "--", "--id=@to", "get", "port", to],
      ...["--", "--id=@m", "create", "mirror", "name=tap", "select_src_port=@from"],
      ...["output_port=@to", "--", "set", "bridge", bridge, "mirrors=@m"],
    ];
  }

  /** The link's other end; undefined: the port is a host's. */
  peerOf(port: string): RowPort | undefined {
    for (const [a, b] of this.links) {
      if (a.name === port) return b;
      if (b.name === port) return a;
    }
    return undefined;
  }

  /** The entries of the other application: every known host's frames by the shortest path. */
  #otherEntries(at: Dpid): FlowSpec[] {
    return [...this.#besideTopology.hosts.values()].flatMap((host) => {
      const next = host.dpid === at ? host.port : this.#besideTopology.nextHop(at, host.dpid);
      if (next === undefined) return [];
      const entry = { table: OTHER_TABLE, priority: 1, category: "forwarding" } as const;
      return [{ ...entry, match: match({ ethDst: host.mac }), actions: [output(next)] }];
    });
  }

  /** What comes from the first switch, on to the last monitor: a mirror needs links of its own. */
  #carryMirrored(at: Dpid): FlowSpec[] {
    const [first] = this.switches;
    const back = first && this.#topology.nextHop(at, first.dpid);
    if (first === undefined || back === undefined) return [];
    const monitor = [...this.#topology.hosts.values()].find(({ name }) => name === FAR.host);
    const next =
      monitor && (monitor.dpid === at ? monitor.port : this.#topology.nextHop(at, monitor.dpid));
    if (next === undefined) return [];
    const actions = [output(next)];
    return [
      {
        table: 0,
        priority: 65_535,
        match: match({ inPort: back }),
        category: "forwarding",
        actions,
      },
    ];
  }
}

/** A TCP segment from one host of a row to another, of `size` bytes without the checksum of Ethernet. */
export function segment(from: number, to: number, size: number, flow = 0): Uint8Array {
  const mac = (host: number) => `fa:00:00:00:00:0${host}`;
  const ports = { src: FIRST_TCP_PORT + flow, dst: 80 };
  return ethernet(
    { src: mac(from), dst: mac(to) },
    ipv4(
      { src: `10.0.0.${from}`, dst: `10.0.0.${to}` },
      tcp(ports, new Uint8Array(size - HEADERS)),
    ),
  );
}
