// SPDX-License-Identifier: Apache-2.0
import type { OvsLab } from "../../lab/index.ts";

/** The fields that a protocol's name in a match stands for. */
const NAMED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(["arp", "rarp", "ip", "ipv6", "mpls"].map((name) => [name, "dl_type"])),
  ...Object.fromEntries(
    ["tcp", "udp", "sctp", "icmp", "tcp6", "udp6", "sctp6", "icmp6"].map((name) => [
      name,
      "dl_type,nw_proto",
    ]),
  ),
  // The packet type, which every match of frames has.
  eth: "",
};

/** What a switch holds, by count. */
export interface TableCounts {
  readonly flows: number;
  readonly groups: number;
  readonly buckets: number;
  readonly meters: number;
  /** Masks of the flow entries: the classifier searches one subtable for each, per table. */
  readonly subtables: number;
}

export async function countTables(lab: OvsLab, name: string): Promise<TableCounts> {
  const flows = await lab.dumpFlows(name);
  const groups = await lab.dumpGroups(name);
  const meters = await lab.ofctl("dump-meters", name);
  return {
    flows: flows.length,
    groups: groups.length,
    buckets: groups.join().split("bucket=").length - 1,
    meters: meters.split("meter=").length - 1,
    subtables: new Set(flows.map(maskOf)).size,
  };
}

/** What the datapath does with a frame, by `ofproto/trace`. */
export interface DatapathEntry {
  /** The fields and masks of the entry in the datapath. */
  readonly mask: string;
  /** Its actions without their values, such as `output` and `set(eth)`; none: a drop. */
  readonly actions: readonly string[];
}

export async function traceEntry(
  lab: OvsLab,
  at: { readonly switch: string; readonly port: number },
  frame: Uint8Array,
): Promise<DatapathEntry> {
  const text = await lab.trace(at.switch, at.port, frame);
  const line = (name: string) => {
    const found = new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1];
    if (found === undefined) throw new Error(`no line "${name}" in\n${text}`);
    return found;
  };
  return { mask: maskOf(line("Megaflow")), actions: actionNames(line("Datapath actions")) };
}

/**
 * The mask of a match as `ovs-ofctl` prints it: its fields, with their masks where they have one. Two
 * matches of one mask share a subtable.
 */
export function maskOf(entry: string): string {
  const match = entry.replace(/ actions=.*/, "");
  const fields = match.split(/[ ,]+/).flatMap((item) => {
    const [name = "", value] = item.split("=");
    if (value === undefined) return (NAMED[name] ?? name).split(",").filter((each) => each !== "");
    if (name === "table") return [item];
    if (["cookie", "priority", "recirc_id"].includes(name)) return [];
    const mask = /\/(.*)/.exec(value)?.[1];
    return [mask === undefined ? name : `${name}/${mask}`];
  });
  return [...new Set(fields)]
    .filter((each) => each !== "send_flow_rem")
    .sort()
    .join();
}

/** `2,set(eth(src=…,dst=…)),4` → `output`, `set(eth)`, `output`. */
export function actionNames(text: string): string[] {
  if (text === "drop") return [];
  return topLevel(text).flatMap((action) => {
    if (/^\d+$/.test(action)) return ["output"];
    const [, name = action, inner = ""] = /^(\w+)\((.*)\)$/.exec(action) ?? [];
    if (name === "set") return [`set(${/^\w+/.exec(inner)?.[0]})`];
    if (name === "clone") return ["clone", ...actionNames(inner)];
    return [name];
  });
}

/** The parts between the commas outside of parentheses. */
function topLevel(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let begin = 0;
  for (const [at, char] of [...text].entries()) {
    if (char === "(") depth++;
    else if (char === ")") depth--;
    else if (char === "," && depth === 0) {
      parts.push(text.slice(begin, at));
      begin = at + 1;
    }
  }
  return [...parts, text.slice(begin)];
}
