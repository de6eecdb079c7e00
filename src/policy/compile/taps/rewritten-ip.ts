// SPDX-License-Identifier: Apache-2.0
import type { Dpid, IpAddress } from "../../../topology/index.ts";
import { EthType } from "../../match-region/fields.ts";
import { IpFrag } from "../../match-region/ip-visibility.ts";
import { constraint, exactValue, type Region, region } from "../../match-region/region.ts";
import { isPrefix } from "../../model/party.ts";
import { isLocalTo, nameOf, type PlacedMonitor } from "../../placement/placed-monitors.ts";
import type { PlanProblem } from "../model/policy-plan.ts";
import type { MarkedIp } from "../model/tap-marks.ts";
import type { CutQuery } from "./policy-query.ts";
import type { Tap } from "./tap.ts";

const FAMILIES = [4, 6] as const;

/** A monitor of copies whose IP destination is rewritten, with the addresses that they get. */
export function withRewrittenIp(dpid: Dpid, monitor: PlacedMonitor, cuts: CutQuery): PlacedMonitor {
  if (isLocalTo(dpid, monitor) || monitor.mac === undefined) return monitor;
  const { ip } = monitor.party;
  const known = cuts.ipsOf(monitor.mac);
  const named = ip === undefined || isPrefix(ip) ? known : [ip.address, ...known];
  const rewriteTo = FAMILIES.flatMap((each) => named.find(({ family }) => family === each) ?? []);
  return { ...monitor, rewriteTo };
}

/**
 * Why copies of a tap keep their IP destination although the policy sets `rewriteIp`: the monitor has
 * no address at all, or none of the family that the policy itself requests.
 */
export function keptIpProblems({
  monitors,
  pieces,
}: Pick<Tap, "monitors" | "pieces">): PlanProblem[] {
  return monitors.flatMap((monitor): PlanProblem[] => {
    const { rewriteTo } = monitor;
    if (rewriteTo === undefined) return [];
    const lacking = FAMILIES.filter((family) => rewriteTo.every((each) => each.family !== family));
    const [family] = lacking.filter((each) =>
      pieces.some(
        ({ kind, region }) => kind === "include" && destinationOf(region)?.family === each,
      ),
    );
    if (family === undefined && rewriteTo.length > 0) return [];
    const name = nameOf(monitor);
    const ip = family === undefined ? "IP" : `IPv${family}`;
    const what = `copies for monitor ${name} keep their ${ip} destination on their path: no ${ip} address of the monitor is known (give its ip)`;
    return [{ blocks: "part", monitor: name, what }];
  });
}

/**
 * The IP destination that copies of a region get on their path to a monitor, if it is rewritten: the
 * region must fix the original one, which is restored later. Later fragments keep theirs: Open
 * vSwitch treats their payload as a TCP or UDP header and "corrects" a checksum there, which the
 * restoring action may not undo.
 */
export function rewrittenIp(of: Region, { rewriteTo }: PlacedMonitor): MarkedIp | undefined {
  if (rewriteTo === undefined || isLaterFragment(of)) return undefined;
  const original = destinationOf(of);
  const monitor = rewriteTo.find(({ family }) => family === original?.family);
  return original && monitor && { original, monitor };
}

/** The regions inside an include whose copies are rewritten differently from its other frames. */
export function ipCuts(
  include: Region,
  monitors: readonly PlacedMonitor[],
  cuts: CutQuery,
): Region[] {
  const families = FAMILIES.filter((family) =>
    monitors.some(({ rewriteTo }) => rewriteTo?.some((each) => each.family === family)),
  );
  const later = families.flatMap((family) => {
    const fragment = constraint("ipFrag", IpFrag.later);
    return region([constraint("ethType", etherTypes[family]), fragment]) ?? [];
  });
  const ethDst = exactValue(include, "ethDst") as number | undefined;
  if (ethDst === undefined || destinationOf(include) !== undefined) return later;
  const known = cuts.ipsOf(ethDst).filter(({ family }) => families.includes(family));
  return [...later, ...known.flatMap((ip) => region(addressedTo(ip)) ?? [])];
}

const etherTypes = { 4: EthType.ipv4, 6: EthType.ipv6 } as const;

function addressedTo(ip: IpAddress) {
  const type = constraint("ethType", etherTypes[ip.family]);
  const field = ip.family === 4 ? "ipv4Dst" : "ipv6Dst";
  return [type, constraint(field, ip.value)];
}

/** The IP destination that a region fixes; malformed headers have zero, which does not count. */
function destinationOf(of: Region): IpAddress | undefined {
  const ipv4 = exactValue(of, "ipv4Dst") as number | undefined;
  if (ipv4) return { family: 4, value: ipv4 };
  const ipv6 = exactValue(of, "ipv6Dst") as bigint | undefined;
  return ipv6 ? { family: 6, value: ipv6 } : undefined;
}

function isLaterFragment(of: Region): boolean {
  return exactValue(of, "ipFrag") === IpFrag.later;
}
