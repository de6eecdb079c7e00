import type { FarEnd } from "../../flow-model/index.ts";

/** The ways of frames for one host, as switches hold them. */
export interface PresentPaths {
  /** The switch that the host is at. */
  readonly to: string;
  far(dpid: string, port: number): FarEnd | undefined;
  /** The port a switch sends them by; undefined when that is not known. */
  exit(dpid: string): number | undefined;
  /** All ports that it may send them by, now and when what is wanted is done; undefined when not known. */
  exits(dpid: string): readonly number[] | undefined;
}

/**
 * Whether a switch may take its new way to a host at once, though those on it are not ready: its old way
 * ends at a link that is gone, so there is nothing to lose by it, and whatever those on the new way do now,
 * frames do not come back. They may get lost there as they do here, until the others have moved, too: none
 * waits for another. Links that are down count as if they were up: they may be back at any time.
 */
export function mayRerouteNow(
  dpid: string,
  [oldPort, newPort]: readonly [number, number],
  ways: PresentPaths,
): boolean {
  return isDead(dpid, oldPort, ways) && !mayReturn(dpid, newPort, ways);
}

/** Whether frames that leave by a port come to a link that is gone. */
function isDead(dpid: string, port: number, ways: PresentPaths): boolean {
  const seen = new Set<string>();
  let at: { readonly dpid: string; readonly port: number | undefined } = { dpid, port };
  while (at.dpid !== ways.to && at.port !== undefined && !seen.has(at.dpid)) {
    seen.add(at.dpid);
    const far = ways.far(at.dpid, at.port);
    if (!far?.up) return true;
    at = { dpid: far.dpid, port: ways.exit(far.dpid) };
  }
  return false;
}

/** Whether frames that leave by a port may come back, as far as is known. */
function mayReturn(dpid: string, port: number, ways: PresentPaths): boolean {
  const seen = new Set<string>();
  const moving = [ways.far(dpid, port)];
  for (let at = moving.pop(); at !== undefined; at = moving.pop()) {
    if (at.dpid === dpid) return true;
    const mark = `${at.dpid}/${at.port}`;
    if (at.dpid === ways.to || seen.has(mark)) continue;
    seen.add(mark);
    const exits = ways.exits(at.dpid);
    if (exits === undefined) return true;
    for (const exit of exits) {
      // What would go out of the port that it came in by is dropped.
      if (exit !== at.port) moving.push(ways.far(at.dpid, exit));
    }
  }
  return false;
}
