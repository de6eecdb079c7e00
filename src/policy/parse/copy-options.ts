// SPDX-License-Identifier: Apache-2.0
import { type JsonPath, type JsonProblem, parseIpAddress } from "../../topology/index.ts";
import { formatParty, isOfEachSwitch, isPrefix } from "../model/party.ts";
import type { Delivery, Monitor, Policy, RateLimit, Tunnel } from "../model/policy.ts";
import { defaultBurst, SAMPLE_PARTS } from "../model/treatment.ts";
import type { PolicyDocument } from "./document.ts";

/** A monitor and its place in the document. */
export interface ListedMonitor {
  readonly path: JsonPath;
  readonly monitor: Monitor;
}

/** Reads the treatment of copies; problems are appended. */
export function readTreatment(
  { copy }: PolicyDocument,
  problems: JsonProblem[],
): Pick<Policy, "truncate" | "sample" | "rateLimit"> {
  const { truncate, sample = 1, rateLimit } = copy ?? {};
  const parts = Math.max(1, Math.round(sample * SAMPLE_PARTS));
  const limit = rateLimit && readLimit(rateLimit, problems);
  return {
    ...(truncate === undefined ? {} : { truncate }),
    ...(parts === SAMPLE_PARTS ? {} : { sample: parts }),
    ...(limit === undefined ? {} : { rateLimit: limit }),
  };
}

function readLimit(
  { kbps, pps, burst }: NonNullable<NonNullable<PolicyDocument["copy"]>["rateLimit"]>,
  problems: JsonProblem[],
): RateLimit | undefined {
  const reject = (what: string) => {
    const remedy = 'write { "kbps": … } or { "pps": … }';
    problems.push({ path: ["copy", "rateLimit"], what, remedy });
    return undefined;
  };
  if (kbps !== undefined && pps !== undefined)
    return reject("a rate has one unit, but this one has two");
  const rate = kbps ?? pps;
  if (rate === undefined) return reject("a rate needs a unit");
  const stated = { unit: kbps === undefined ? ("pps" as const) : ("kbps" as const), rate };
  return { ...stated, burst: burst ?? defaultBurst(stated) };
}

/** Reads how copies are carried. */
export function readDelivery(
  { copy }: PolicyDocument,
  monitors: readonly ListedMonitor[],
  problems: JsonProblem[],
): Delivery {
  const { delivery, tunnel } = copy ?? {};
  const ofSwitch = monitors.find(({ monitor }) => isOfEachSwitch(monitor));
  if (ofSwitch !== undefined && delivery !== "mirror") {
    const what = `only mirrors send copies to a ${formatParty(ofSwitch.monitor)}`;
    problems.push({ path: ofSwitch.path, what, remedy: 'write "copy": { "delivery": "mirror" }' });
  }
  if (delivery === "tunnel" && tunnel === undefined) {
    const what = 'delivery "tunnel" without a tunnel';
    const remedy = 'name the tunnel\'s port: "tunnel": "vxlan0"';
    problems.push({ path: ["copy", "delivery"], what, remedy });
  }
  if (tunnel !== undefined && delivery !== undefined && delivery !== "tunnel") {
    const what = `copies cannot use both a tunnel and delivery "${delivery}"`;
    problems.push({ path: ["copy", "tunnel"], what, remedy: "remove one of them" });
  }
  return tunnel === undefined ? (delivery ?? "auto") : "tunnel";
}

/** How copies are carried whose addresses stay. */
const KEEPS_ADDRESSES = new Set<Delivery | undefined>(["tag", "mark", "overlay", "mirror"]);

/** Reads whether the IP destination of copies is rewritten: only rewritten copies allow it. */
export function readRewriteIp(
  { copy }: PolicyDocument,
  problems: JsonProblem[],
): Pick<Policy, "rewriteIp"> {
  const { delivery, rewriteIp, tunnel } = copy ?? {};
  if (rewriteIp !== true) return {};
  const isTunnel = delivery === "tunnel" || tunnel !== undefined;
  if (isTunnel || KEEPS_ADDRESSES.has(delivery)) {
    const by = isTunnel ? "a tunnel" : `delivery "${delivery}"`;
    const what = `copies that use ${by} keep their addresses: no IP destination is rewritten`;
    const remedy = 'remove it, or write "delivery": "rewrite"';
    problems.push({ path: ["copy", "rewriteIp"], what, remedy });
  }
  return { rewriteIp };
}

/** Monitors with the tunnels that lead to them, if the document names any. */
export function withTunnels(
  { copy }: PolicyDocument,
  monitors: readonly ListedMonitor[],
  problems: JsonProblem[],
): Monitor[] {
  if (copy?.tunnel === undefined) return monitors.map(({ monitor }) => monitor);
  const written = typeof copy.tunnel === "object" ? copy.tunnel : { port: copy.tunnel };
  const { port, remote, key } = written;
  const path = ["copy", "tunnel"];
  if (remote !== "monitor" && monitors.length > 1) {
    const what = "one tunnel leads to one monitor";
    const remedy =
      'remove the others, or write "remote": "monitor" for a port whose remote is flow';
    problems.push({ path, what, remedy });
  }
  const fixed = remote === undefined || remote === "monitor" ? undefined : parseIpAddress(remote);
  if (remote !== undefined && remote !== "monitor" && fixed === undefined) {
    const what = `"${remote}" is not an IP address`;
    const remedy = 'write one, or "monitor" for the address of the monitor';
    problems.push({ path: [...path, "remote"], what, remedy });
  }
  return monitors.map(({ path: where, monitor }) => {
    const { ip } = monitor;
    const own = ip === undefined || isPrefix(ip) ? undefined : ip.address;
    if (remote === "monitor" && own === undefined) {
      const what = `monitor ${formatParty(monitor)} has no address for the tunnel to end at`;
      problems.push({ path: where, what, remedy: "give its ip" });
    }
    const end = remote === "monitor" ? own : fixed;
    const tunnel: Tunnel = {
      port,
      ...(end === undefined ? {} : { remote: end }),
      ...(key === undefined ? {} : { key }),
    };
    return { ...monitor, tunnel };
  });
}
