// SPDX-License-Identifier: Apache-2.0
import type { OvsLab } from "./ovs-lab.ts";

/** Kinds of tunnels; ERSPAN by its versions (types II and III of its header). */
export type TunnelKind = "vxlan" | "gre" | "erspan 1" | "erspan 2";

/** A frame received from a tunnel. */
export interface Tunnelled {
  readonly kind: TunnelKind;
  /** The tunnel's far end. */
  readonly remote: string;
  /** VXLAN network id, GRE key, ERSPAN session; undefined: GRE without a key. */
  readonly key: number | undefined;
  readonly frame: Uint8Array;
}

const ADDRESS = "192.0.2.1/24";
const ROUTE = "192.0.2.0/24";
/** Addresses of tunnel ends. */
export const COLLECTORS = ["192.0.2.9", "192.0.2.10", "192.0.2.11"] as const;
const COLLECTOR_MAC = "fa:00:00:00:00:99";
const WIRE = "wire";

/**
 * The IP network that the tunnels of a lab cross (`OvsLab.start` with `tunnels`): one more bridge,
 * with an address of its own, whose only port is the wire to all collectors.
 */
export class Underlay {
  readonly #lab: OvsLab;

  private constructor(lab: OvsLab) {
    this.#lab = lab;
  }

  static async add(lab: OvsLab): Promise<Underlay> {
    const bridge = "under";
    await lab.addSwitch({ name: bridge, dpid: "ffffffffffffff00" });
    await lab.addHost(WIRE, bridge, 1);
    await lab.ofctl("add-flow", bridge, "actions=NORMAL");
    await lab.appctl("netdev-dummy/ip4addr", bridge, ADDRESS);
    await lab.appctl("ovs/route/add", ROUTE, bridge);
    for (const each of COLLECTORS) await lab.appctl("tnl/arp/set", bridge, each, COLLECTOR_MAC);
    return new Underlay(lab);
  }

  /** The frames that left the switches by tunnels, in order. */
  frames(): Tunnelled[] {
    return this.#lab.frames(WIRE).map(fromTunnel);
  }

  /** Every host's frames as hex, and those of tunnels by tunnel end. */
  received(): Record<string, string[]> {
    const { [WIRE]: _, ...received } = this.#lab.received();
    for (const tunnelled of this.frames()) {
      const end = tunnelEnd(tunnelled);
      const frame = Buffer.from(tunnelled.frame).toString("hex");
      received[end] = [...(received[end] ?? []), frame];
    }
    return received;
  }
}

/** A tunnel's far end as text. */
export function tunnelEnd({ remote, key }: Pick<Tunnelled, "remote" | "key">): string {
  return `tunnel to ${remote} key ${key}`;
}

/** A port whose remote and key are set by policies: see `addTunnelPort`. */
export const BY_FLOW = { remote: "flow", key: "flow" } as const;

/** Adds the port of a tunnel to a switch. `more`: other settings of the interface. */
export async function addTunnelPort(
  lab: OvsLab,
  at: { readonly switch: string; readonly name: string },
  tunnel: { readonly kind: TunnelKind; readonly remote: string; readonly key: string },
  ...more: readonly string[]
): Promise<void> {
  const { kind, remote, key } = tunnel;
  const [type = "", version] = kind.split(" ");
  // A port without a version, or with `flow` for one, sends nothing unless flow entries set it.
  const erspan = version === undefined ? [] : [`options:erspan_ver=${version}`];
  await lab.vsctl(
    ...["add-port", at.switch, at.name, "--", "set", "interface", at.name, `type=${type}`],
    ...[`options:remote_ip=${remote}`, `options:key=${key}`],
    ...[...erspan, ...more],
  );
}

const ETHERNET = 14;
const IPV4 = 20;
const UDP = 8;
const IpProtocol = { udp: 17, gre: 47 } as const;

/** Decodes a packet of a tunnel: Ethernet, IPv4 without options, and the tunnel's header. */
function fromTunnel(packet: Uint8Array): Tunnelled {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const protocol = view.getUint8(ETHERNET + 9);
  const remote = [...packet.subarray(ETHERNET + 16, ETHERNET + IPV4)].join(".");
  const start = ETHERNET + IPV4;
  const { size, ...rest } =
    protocol === IpProtocol.udp ? readVxlan(view, start + UDP) : readGre(view, start);
  return { remote, ...rest, frame: packet.slice(size) };
}

type Header = Pick<Tunnelled, "kind" | "key"> & {
  /** Bytes of the packet until the frame begins. */
  readonly size: number;
};

/** @spec RFC 7348 §5 */
function readVxlan(view: DataView, at: number): Header {
  return { kind: "vxlan", key: view.getUint32(at + 4) >>> 8, size: at + 8 };
}

/** Flags of GRE (RFC 2890). */
const GreFlag = { key: 0x2000, sequence: 0x1000 } as const;
const GreProtocol = { ethernet: 0x6558, erspan2: 0x88be, erspan3: 0x22eb } as const;

/** @spec RFC 2784, RFC 2890; ERSPAN: draft-foschiano-erspan-03 §4.2 */
function readGre(view: DataView, at: number): Header {
  const [flags, protocol] = [view.getUint16(at), view.getUint16(at + 2)];
  const hasKey = (flags & GreFlag.key) !== 0;
  const end = at + 4 + (hasKey ? 4 : 0) + ((flags & GreFlag.sequence) === 0 ? 0 : 4);
  if (protocol === GreProtocol.ethernet) {
    return { kind: "gre", key: hasKey ? view.getUint32(at + 4) : undefined, size: end };
  }
  const session = view.getUint16(end + 2) & 0x3ff;
  if (protocol === GreProtocol.erspan2) return { kind: "erspan 1", key: session, size: end + 8 };
  if (protocol === GreProtocol.erspan3) return { kind: "erspan 2", key: session, size: end + 12 };
  throw new Error(`GRE protocol ${protocol.toString(16)} is not a tunnel of this lab`);
}
