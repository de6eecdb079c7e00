// SPDX-License-Identifier: Apache-2.0
/** What the map draws above the network: the ways of a policy, of a dry run, or of one explained frame. */
import type { PlannedWays } from "../../../contract/observation/policy-plan.ts";

/** A port of a switch. */
export interface MapPort {
  readonly dpid: string;
  readonly port: number;
}

/** A link crossed in one direction. */
export interface OverlaySegment {
  readonly kind: "original" | "copy";
  readonly from: MapPort;
  readonly to: MapPort;
  /** Number beside it, from 1. */
  readonly step?: number;
  readonly isCurrent?: boolean;
}

/** A point of the way; without a port it is at the switch. */
export interface OverlayMark {
  readonly kind: "tap" | "recovery" | "monitor" | "entry" | "exit";
  readonly dpid: string;
  readonly port?: number;
  /** Figures of the point: "120 pps copied". */
  readonly text?: string;
}

/** Ways and points in one hue. */
export interface MapOverlay {
  /** Index of the hue, from 0; see hues.ts. */
  readonly hue: number;
  readonly segments: readonly OverlaySegment[];
  readonly marks: readonly OverlayMark[];
  /** The switch shown as current. */
  readonly current?: string;
  /** Copies per second on the ways; null: not known. */
  readonly copiedPps?: number | null;
}

/** The overlay of a policy's plan, or of a dry run's. */
export function planOverlay(plan: PlannedWays, hue: number, copiedPps?: number | null): MapOverlay {
  const segments = new Map<string, OverlaySegment>();
  const add = (kind: OverlaySegment["kind"], link: { from: MapPort; to: MapPort }): void => {
    segments.set(`${kind} ${portKey(link.from)} ${portKey(link.to)}`, { kind, ...link });
  };
  for (const link of plan.original) add("original", link);
  for (const way of plan.ways) for (const link of way.links) add("copy", link);
  const marks = new Map<string, OverlayMark>();
  const put = (kind: OverlayMark["kind"], dpid: string, port?: number): void => {
    marks.set(`${kind} ${dpid} ${port ?? ""}`, {
      kind,
      dpid,
      ...(port === undefined ? {} : { port }),
    });
  };
  for (const { dpid, port } of plan.tapPoints) put("tap", dpid, port);
  for (const { to, links } of plan.ways) {
    // A monitor on the switch that makes the copies gets them as they are: nothing is restored.
    if (links.length > 0) put("recovery", to.dpid);
    put("monitor", to.dpid, to.port);
  }
  return {
    hue,
    segments: [...segments.values()],
    marks: [...marks.values()],
    ...(copiedPps === undefined ? {} : { copiedPps }),
  };
}

/** A port as one text, for keys. */
export function portKey({ dpid, port }: MapPort): string {
  return `${dpid}/${port}`;
}
