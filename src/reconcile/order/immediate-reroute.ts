// SPDX-License-Identifier: Apache-2.0
import type { FarEnd } from "../../flow-model/index.ts";

/** The paths of frames for one host, as switches hold them. */
export interface PresentPaths {
  /** The switch that the host is connected to. */
  readonly to: string;
  far(dpid: string, port: number): FarEnd | undefined;
  /** The port that a switch sends them to; undefined when unknown. */
  exit(dpid: string): number | undefined;
  /** All ports that it may send them to, now and once it is as desired; undefined when unknown. */
  exits(dpid: string): readonly number[] | undefined;
}

/**
 * Whether a switch may take its new path to a host at once, although the switches on it are not ready.
 * Its old path must end at a link that is gone, so nothing is lost by leaving it, and frames on the new
 * path must not return, whatever the switches there do now. Frames may get lost there, as on the old
 * path, until those switches have moved, too; none waits for another. Links that are down count as up,
 * because they may return at any time.
 */
export function mayRerouteNow(
  dpid: string,
  [oldPort, newPort]: readonly [number, number],
  paths: PresentPaths,
): boolean {
  return isDead(dpid, oldPort, paths) && !mayReturn(dpid, newPort, paths);
}

/** Whether frames that leave by a port reach a link that is gone. */
function isDead(dpid: string, port: number, paths: PresentPaths): boolean {
  const seen = new Set<string>();
  let at: { readonly dpid: string; readonly port: number | undefined } = { dpid, port };
  while (at.dpid !== paths.to && at.port !== undefined && !seen.has(at.dpid)) {
    seen.add(at.dpid);
    const far = paths.far(at.dpid, at.port);
    if (!far?.up) return true;
    at = { dpid: far.dpid, port: paths.exit(far.dpid) };
  }
  return false;
}

/** Whether frames that leave by a port may return, as far as is known. */
function mayReturn(dpid: string, port: number, paths: PresentPaths): boolean {
  const seen = new Set<string>();
  const moving = [paths.far(dpid, port)];
  for (let at = moving.pop(); at !== undefined; at = moving.pop()) {
    if (at.dpid === dpid) return true;
    const mark = `${at.dpid}/${at.port}`;
    if (at.dpid === paths.to || seen.has(mark)) continue;
    seen.add(mark);
    const exits = paths.exits(at.dpid);
    if (exits === undefined) return true;
    for (const exit of exits) {
      // A switch drops a frame that would leave by its ingress port.
      if (exit !== at.port) moving.push(paths.far(at.dpid, exit));
    }
  }
  return false;
}
