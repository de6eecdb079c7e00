// SPDX-License-Identifier: Apache-2.0
/** The passage of a frame through the network, hop by hop, as the screen and the map show it. */
import type { Explanation } from "../../../contract/explain.ts";
import type { MapOverlay, OverlayMark, OverlaySegment } from "../../map/model/overlay.ts";
import { bytesOfHex } from "../capture/hex-text.ts";
import { changesInWords } from "./byte-diff.ts";

type Hop = Explanation["hops"][number];
type Sent = Hop["sends"][number];

/** A frame that a hop sends, and what the switch has changed in it. */
export interface HopSend {
  readonly kind: Sent["kind"];
  readonly frame: string;
  readonly to: string;
  readonly mayDrop: boolean;
  readonly changes: readonly string[];
  /** The hop that it arrives at, if it crosses a link. */
  readonly next?: number;
}

/** One hop with all that the screen shows of it. */
export interface HopStep {
  readonly index: number;
  readonly title: string;
  readonly kind: Hop["kind"];
  readonly frame: string;
  readonly from?: number;
  readonly rules: Hop["rules"];
  readonly sends: readonly HopSend[];
}

/** The hops in the order in which the frame passes them. */
export function hopSteps({ hops }: Explanation): readonly HopStep[] {
  return hops.map((hop, index) => ({
    index,
    title: `${hop.switch}, in by port ${hop.inPort}`,
    kind: hop.kind,
    frame: hop.frame,
    ...(hop.from === undefined ? {} : { from: hop.from }),
    rules: hop.rules,
    sends: hop.sends.map((sent) => {
      const next = nextHop(hops, index, sent);
      return {
        kind: sent.kind,
        frame: sent.frame,
        to: destination(sent),
        mayDrop: sent.mayDrop,
        changes: changesInWords(bytesOfHex(hop.frame), bytesOfHex(sent.frame)),
        ...(next === undefined ? {} : { next }),
      };
    }),
  }));
}

function destination({ to }: Sent): string {
  if ("link" in to) return `port ${to.port} → ${to.link.switch} port ${to.link.port}`;
  if ("hosts" in to)
    return `port ${to.port}${to.hosts.length > 0 ? ` → ${to.hosts.join(", ")}` : ""}`;
  if ("table" in to) return `table ${to.table}`;
  return "OpenVTAP";
}

/** The hop that a sent frame becomes: the one behind the link that comes from this hop. */
function nextHop(hops: readonly Hop[], index: number, sent: Sent): number | undefined {
  if (!("link" in sent.to)) return undefined;
  const { link } = sent.to;
  const found = hops.findIndex(
    (hop) =>
      hop.from === index &&
      hop.switch === link.switch &&
      hop.inPort === link.port &&
      hop.kind === sent.kind &&
      hop.frame === sent.frame,
  );
  return found < 0 ? undefined : found;
}

/**
 * The way on the map: a segment for each link crossed, numbered by the hop that it leads to, and marks where the
 * frame enters, where copies arrive and where the original leaves. `step` is the hop shown.
 */
export function explanationOverlay(explanation: Explanation, step?: number): MapOverlay {
  const { hops, at, copies, originals } = explanation;
  const segments: OverlaySegment[] = [];
  for (const [index, hop] of hops.entries()) {
    for (const sent of hop.sends) {
      if (!("link" in sent.to)) continue;
      const next = nextHop(hops, index, sent);
      const target = next === undefined ? undefined : hops[next];
      if (next === undefined || !target) continue;
      segments.push({
        kind: sent.kind,
        from: { dpid: hop.dpid, port: sent.to.port },
        to: { dpid: target.dpid, port: sent.to.link.port },
        step: next + 1,
        isCurrent: next === step,
      });
    }
  }
  const marks: OverlayMark[] = [
    { kind: "entry", dpid: at.dpid, port: at.port },
    ...originals.map(({ dpid, port }) => ({ kind: "exit", dpid, port }) as const),
    ...copies.map(({ dpid, port }) => ({ kind: "monitor", dpid, port }) as const),
    ...copyPoints(hops),
  ];
  const current = step === undefined ? undefined : hops[step]?.dpid;
  return {
    hue: 0,
    segments,
    marks,
    ...(current === undefined ? {} : { current }),
  };
}

/** Switches where a copy starts (tap point) and where a marked copy is restored (recovery). */
function copyPoints(hops: readonly Hop[]): readonly OverlayMark[] {
  const marks = new Map<string, OverlayMark>();
  for (const hop of hops) {
    const makes = hop.kind === "original" && hop.sends.some(({ kind }) => kind === "copy");
    if (makes) marks.set(`tap ${hop.dpid}`, { kind: "tap", dpid: hop.dpid, port: hop.inPort });
    const restores =
      hop.kind === "copy" &&
      hop.sends.some(({ to, frame }) => "hosts" in to && frame !== hop.frame);
    if (restores) marks.set(`recovery ${hop.dpid}`, { kind: "recovery", dpid: hop.dpid });
  }
  return [...marks.values()];
}
