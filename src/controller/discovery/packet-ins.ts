// SPDX-License-Identifier: Apache-2.0
import { categoryOf, TAP_TABLE } from "../../flow-model/index.ts";
import type { MessageOf } from "../../openflow-session/request-outcome.ts";
import {
  type Dpid,
  isPortNo,
  type PortNo,
  PROBE_DESTINATION,
  PROBE_SOURCE,
} from "../../topology/index.ts";

/** A frame that a rule of OpenVTAP has sent to the controller. */
export interface PuntedFrame {
  readonly dpid: Dpid;
  /** The port on which it arrived. */
  readonly port: PortNo;
  /** Cookie of the rule. */
  readonly cookie: bigint;
  /** The frame, or as much of it as the rule sends. An alias of the socket's buffer: copy what you keep. */
  readonly bytes: Uint8Array;
  /** Its length on the wire. */
  readonly totalLength: number;
}

/** A copy that a rule of a preview has sent to the controller. */
export interface PuntedCopy {
  readonly dpid: Dpid;
  /** Says which preview it belongs to. */
  readonly metadata: bigint;
  /** As much of it as the rule sends. An alias of the socket's buffer: copy what you keep. */
  readonly bytes: Uint8Array;
  /** Its length, before it is truncated for the monitor. */
  readonly totalLength: number;
}

/** Receives frames in the order in which they arrive; must not throw. */
export interface PuntListeners {
  /** A frame with the addresses of a link discovery probe; nothing else is checked. */
  probe(frame: PuntedFrame): void;
  /** A frame that a rule has caught as a probe of a way of copies; nothing else is checked. */
  pathProbe(frame: PuntedFrame): void;
  /** A copy that a rule of a preview has sent; nothing else is checked. It says nothing about hosts. */
  preview(copy: PuntedCopy): void;
  /** Any other frame of a discovery rule: it may reveal a host. */
  host(frame: PuntedFrame): void;
}

const ADDRESSES_BYTES = 12;

/**
 * Passes a packet-in to its listener. Ignores one that no such rule of OpenVTAP caused: another
 * controller may have requested it.
 */
export function routePacketIn(
  dpid: Dpid,
  message: MessageOf<"packetIn">,
  listeners: PuntListeners,
): void {
  const { cookie, tableId, data: bytes, totalLen: totalLength } = message;
  const category = categoryOf(cookie);
  if (tableId !== TAP_TABLE || category === undefined) return;
  if (category === "preview") {
    const metadata = metadataOf(message);
    // A treatment hop may have changed its in-port: it has none.
    if (metadata !== undefined) listeners.preview({ dpid, metadata, bytes, totalLength });
    return;
  }
  if (category !== "discovery" && category !== "probe") return;
  const port = inPortOf(message);
  if (port === undefined || bytes.length < ADDRESSES_BYTES) return;
  const frame: PuntedFrame = { dpid, port, cookie, bytes, totalLength };
  if (category === "probe") listeners.pathProbe(frame);
  else if (isProbe(bytes)) listeners.probe(frame);
  else listeners.host(frame);
}

function inPortOf({ match }: MessageOf<"packetIn">): PortNo | undefined {
  for (const each of match) {
    if (each.field === "inPort" && isPortNo(each.value)) return each.value;
  }
  return undefined;
}

function metadataOf({ match }: MessageOf<"packetIn">): bigint | undefined {
  for (const each of match) if (each.field === "metadata") return each.value;
  return undefined;
}

function isProbe(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const address = (at: number) => view.getUint16(at) * 2 ** 32 + view.getUint32(at + 2);
  return address(0) === PROBE_DESTINATION && address(6) === PROBE_SOURCE;
}
