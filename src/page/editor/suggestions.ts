// SPDX-License-Identifier: Apache-2.0
import type { HostView } from "../../contract/hosts.ts";
import type { SwitchView } from "../../contract/switches.ts";
import type { Suggestion } from "../ui/combobox.tsx";

interface Known {
  readonly hosts: Iterable<HostView>;
  readonly switches: readonly SwitchView[];
}

/** Most suggestions in a list. */
const MOST = 12;

/**
 * Hosts, workloads and ports for what has been typed. A host that an interface of a database is, is suggested by
 * that; others by their names or MAC addresses; ports once the name of a switch and a colon are there.
 *
 * @param isMonitor hosts that are marked as monitors come first, and `any` is none
 */
export function suggestParties(
  text: string,
  { hosts, switches }: Known,
  { isMonitor = false }: { readonly isMonitor?: boolean } = {},
): Suggestion[] {
  const typed = text.split("|").at(-1)?.trim().toLowerCase() ?? "";
  const before = text.slice(0, text.lastIndexOf("|") + 1);
  const found: Ranked[] = [];
  if (!isMonitor && "any".startsWith(typed)) {
    found.push({ value: "any", note: "every host", rank: typed === "" ? 0 : 2 });
  }
  for (const host of hosts) {
    const suggestion = suggestHost(host, typed, isMonitor);
    if (suggestion) found.push(suggestion);
  }
  const workloads = new Map<string, number>();
  for (const { workloads: names = [] } of hosts) {
    for (const name of names) workloads.set(name, (workloads.get(name) ?? 0) + 1);
  }
  for (const [name, count] of workloads) {
    if (!name.toLowerCase().includes(typed) && !`workload:${name}`.startsWith(typed)) continue;
    const note = count === 1 ? "workload" : `workload with ${count} interfaces`;
    found.push({ value: `workload:${name}`, note, rank: 3 });
  }
  if (typed.includes(":")) found.push(...suggestPorts(switches, typed));
  found.sort((a, b) => a.rank - b.rank || (a.value < b.value ? -1 : 1));
  const separator = before === "" ? "" : `${before} `;
  const list = found.slice(0, MOST).map(({ value, note }) => ({
    value: separator + value,
    ...(note !== undefined && { note }),
  }));
  // What is written in full needs no list.
  return list.length === 1 && list[0]?.value === text ? [] : list;
}

/** Lower ranks come first. */
type Ranked = Suggestion & { readonly rank: number };

function suggestHost(host: HostView, typed: string, isMonitor: boolean): Ranked | undefined {
  const texts = [host.name ?? "", host.iface ?? "", host.mac, ...host.ips];
  if (!texts.some((each) => each.toLowerCase().includes(typed))) return undefined;
  const known = host.iface === undefined ? undefined : `iface:${host.iface}`;
  const isWritable = known !== undefined && !/\s/.test(known);
  const value = host.name === host.iface && isWritable ? known : (host.name ?? host.mac);
  const begins = value.toLowerCase().startsWith(typed) ? 0 : 2;
  const rank = begins + (isMonitor === (host.role === "monitor") ? 0 : 1);
  const note = [host.ips[0], `${host.switch}:${host.port}`].filter(Boolean).join(" · ");
  return { value, note, rank };
}

function suggestPorts(switches: readonly SwitchView[], typed: string): Ranked[] {
  const [name] = typed.split(":");
  return switches
    .filter((each) => each.name.toLowerCase() === name)
    .flatMap((each) =>
      each.ports.map((port) => ({
        ...{ value: `${each.name}:${port.port}`, note: port.name || "port", rank: 3 },
      })),
    )
    .filter(({ value }) => value.toLowerCase().startsWith(typed));
}
