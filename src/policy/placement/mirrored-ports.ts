// SPDX-License-Identifier: Apache-2.0
import {
  carrierOf,
  type Dpid,
  isMirrored,
  type PatchedPort,
  type PortAt,
  patchPort,
  refusalOf,
  type Topology,
} from "../../topology/index.ts";
import { describePlace } from "./placement.ts";

/** Where frames of a port are tapped that mirrors hand to a bridge of OpenVTAP's own. */
export interface MirroredPort {
  readonly patched: PatchedPort;
  /** The port by which they enter that bridge; undefined: there is none yet, or none may be. */
  readonly entry: PortAt | undefined;
  /** Frames of other ports enter there, too: those of this one are known by their addresses. */
  readonly isShared: boolean;
}

/** Undefined: frames of the port are tapped at its own switch. */
export function mirroredPort(topology: Topology, patched: PatchedPort): MirroredPort | undefined {
  const { switches } = topology;
  const found = switches.get(patched.dpid);
  if (!isMirrored(found?.forwarding)) return undefined;
  const isShared = carrierOf(found?.tapBridge, patched) !== patched;
  // No frame can be known as one of a port where no host is.
  const isUnknown = isShared && topology.macsAt(patched.dpid, patched.port).length === 0;
  return { patched, entry: isUnknown ? undefined : patchPort(switches, patched), isShared };
}

/** The bridge of OpenVTAP's own for the frames of a switch; undefined: there is none, or it is not known yet. */
export function tapBridgeOf({ switches }: Topology, dpid: Dpid): Dpid | undefined {
  const found = switches.get(dpid);
  return isMirrored(found?.forwarding) ? found?.tapBridge?.dpid : undefined;
}

/** The name of a switch to which mirrors hand frames, and which forwards nothing; undefined for any other. */
export function tapBridgeName({ switches }: Topology, dpid: Dpid): string | undefined {
  const found = switches.get(dpid);
  return found?.forwarding === "copies" ? found.name : undefined;
}

/** Why the frames of a port have no way to the bridge of OpenVTAP's own. */
export function whyUnmirrored(
  topology: Topology,
  patched: PatchedPort,
): { readonly what: string; readonly state?: "error" } {
  const found = topology.switches.get(patched.dpid);
  const name = found?.name ?? patched.dpid;
  const tapBridge = found?.tapBridge;
  if (tapBridge === undefined) {
    return {
      what: `the database of switch ${name} is not connected: mirrors in it hand frames to a bridge of OpenVTAP`,
    };
  }
  const what = tapBridge.obstacle ?? refusalOf(tapBridge, patched);
  if (what !== undefined) return { what, state: "error" };
  const port = describePlace(topology, patched);
  if (
    carrierOf(tapBridge, patched) !== patched &&
    topology.macsAt(patched.dpid, patched.port).length === 0
  ) {
    return {
      what: `${port} shares a mirror with other ports, since a bridge has 32 at most, and no host is known there by whose address its frames are recognized: name one`,
      state: "error",
    };
  }
  return { what: `${tapBridge.name} has no patch port for ${port} yet` };
}
