// SPDX-License-Identifier: Apache-2.0
import type { Dpid, PortNo } from "./dpid.ts";
import type { IpAddress } from "./ip-address.ts";
import type { PortAt } from "./port-at.ts";

/**
 * The bridge of OpenVTAP's own that gets the frames of a switch beside another application, as the database of that
 * switch shows it.
 */
export interface TapBridge {
  /** Undefined: there can be none, because of the obstacle. */
  readonly dpid: Dpid | undefined;
  /** Its name among the switches. */
  readonly name: string;
  /** Two hexadecimal digits in the names of its patch ports: those of another OpenVTAP have others, with few exceptions. */
  readonly mark: string;
  /** Why it gets no frames, a clause; absent: nothing is against it. */
  readonly obstacle?: string;
  /**
   * Why a port has no pair of patch ports for a use, a clause, by its `patchKey`; those without such a reason are
   * left out.
   */
  readonly refused: ReadonlyMap<string, string>;
  /**
   * Where there are too few mirrors for every port: those whose frames come with those of others, by their `patchKey`,
   * and the number that stands for all of these ports. Absent: none.
   */
  readonly shared?: ReadonlyMap<string, PortNo>;
  /** Where tunnels for copies end there. Absent: nothing is known of it. */
  readonly overlay?: OverlayEnd;
}

/** Where tunnels for copies end at the tap bridge of a switch, or why none does. */
export type OverlayEnd =
  | {
      readonly endpoint: IpAddress;
      /** Bytes of the frames of tapped ports without their Ethernet headers, at most; absent: not known. */
      readonly mtu?: number;
    }
  /** A clause. */
  | { readonly obstacle: string };

/** Numbers that stand for ports which share a mirror, and that no port has: their frames keep tags, or have none. */
export const SHARED_PORTS = { trunk: 0 as PortNo, access: 65_280 as PortNo } as const;

/** Whether a number stands for ports which share a mirror. */
export function isSharedPort(port: PortNo): boolean {
  return port === SHARED_PORTS.trunk || port === SHARED_PORTS.access;
}

/** What patch ports depend on in a switch. */
interface PatchedSwitch {
  readonly ports: ReadonlyMap<PortNo, { readonly no: PortNo; readonly name: string }>;
  readonly tapBridge?: TapBridge;
}

/** What a patch port between a switch and its tap bridge is for. */
export type PatchUse =
  /** Frames that a port of the switch sends to it, as they enter. */
  | "sent"
  /** Frames that leave the switch by a port. */
  | "received"
  /** Copies for a monitor at a port of the switch. */
  | "copies";

/** A port of a switch, and a use of a pair of patch ports between the switch and its tap bridge. */
export interface PatchedPort extends PortAt {
  readonly use: PatchUse;
}

/** Both ends of a pair of patch ports, by name. */
interface PatchNames {
  /** At the switch. */
  readonly source: string;
  /** At the tap bridge. */
  readonly own: string;
}

const LETTERS = { sent: "s", received: "r", copies: "c" } as const;

/** A text for a use of a port. */
export function patchKey({ dpid, port, use }: PatchedPort): string {
  return `${dpid}-${port}${LETTERS[use]}`;
}

/**
 * The names of the patch ports for a use of a port: the same for the same port at any time; 15 characters at most, as
 * names of interfaces have. `mark` is that of the tap bridge.
 */
export function patchNames({ dpid, port, use }: PatchedPort, mark: string): PatchNames {
  const rest = `${mark}${folded(dpid)}-${port}${LETTERS[use]}`;
  return { source: `vt${rest}`, own: `vo${rest}` };
}

/** A datapath id in 16 bits: the bridges of one database differ in them, with few exceptions. */
function folded(dpid: Dpid): string {
  const parts = [0, 4, 8, 12].map((at) => Number.parseInt(dpid.slice(at, at + 4), 16));
  return parts
    .reduce((sum, each) => sum ^ each, 0)
    .toString(16)
    .padStart(4, "0");
}

const USES: Readonly<Record<string, PatchUse>> = { s: "sent", r: "received", c: "copies" };

/** What a patch port of this name at a switch is for; undefined: a tap bridge of this mark has none of that name. */
export function patchedByName(dpid: Dpid, name: string, mark: string): PatchedPort | undefined {
  const [, digits, letter = ""] = /^vt[0-9a-f]{6}-(\d{1,5})([src])$/.exec(name) ?? [];
  const use = USES[letter];
  if (digits === undefined || use === undefined) return undefined;
  const patched = { dpid, port: Number(digits) as PortNo, use };
  return patchNames(patched, mark).source === name ? patched : undefined;
}

/** The pair of patch ports by which the frames of a port come: its own, or one that it shares. */
export function carrierOf(tapBridge: TapBridge | undefined, patched: PatchedPort): PatchedPort {
  const port = tapBridge?.shared?.get(patchKey(patched));
  return port === undefined ? patched : { ...patched, port };
}

/** Why a port has no pair of patch ports for a use, a clause; undefined: nothing is against it. */
export function refusalOf(
  tapBridge: TapBridge | undefined,
  patched: PatchedPort,
): string | undefined {
  return tapBridge?.refused.get(patchKey(patched));
}

/** The port of a tap bridge that is patched to a port of a switch; undefined: it has none (yet), or is refused one. */
export function patchPort(
  switches: ReadonlyMap<Dpid, PatchedSwitch>,
  patched: PatchedPort,
): PortAt | undefined {
  const tapBridge = switches.get(patched.dpid)?.tapBridge;
  if (tapBridge?.dpid === undefined || tapBridge.obstacle !== undefined) return undefined;
  // The pair may be there still.
  if (refusalOf(tapBridge, patched) !== undefined) return undefined;
  const bridge = switches.get(tapBridge.dpid);
  const { own } = patchNames(carrierOf(tapBridge, patched), tapBridge.mark);
  const port = bridge && portNamed(bridge, own);
  return port === undefined ? undefined : { dpid: tapBridge.dpid, port };
}

/** The port of a switch that is patched to its tap bridge for a use of one of its ports. */
export function sourcePatchPort(
  switches: ReadonlyMap<Dpid, PatchedSwitch>,
  patched: PatchedPort,
): PortNo | undefined {
  const found = switches.get(patched.dpid);
  if (found?.tapBridge === undefined) return undefined;
  return portNamed(found, patchNames(patched, found.tapBridge.mark).source);
}

/** By the table of ports: names are looked up for every tap. */
const numbers = new WeakMap<object, ReadonlyMap<string, PortNo>>();

/** The number of a switch's port with a name; undefined: there is none (yet). */
export function portNamed(
  { ports }: Pick<PatchedSwitch, "ports">,
  name: string,
): PortNo | undefined {
  let known = numbers.get(ports);
  if (known === undefined) {
    known = new Map([...ports.values()].map((port) => [port.name, port.no]));
    numbers.set(ports, known);
  }
  return known.get(name);
}
