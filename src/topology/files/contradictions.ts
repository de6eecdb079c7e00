// SPDX-License-Identifier: Apache-2.0
import { parseMac } from "../../openflow/index.ts";
import { type Dpid, parseDpid } from "../dpid.ts";
import type { FileError, JsonPath } from "./json-document.ts";
import type { SwitchNames } from "./switch-names.ts";
import type { Entry, TopologyEntries } from "./topology-entries.ts";

/**
 * The contradictions between well-formed entries: duplicate names, datapath ids and MAC addresses,
 * unknown switches, ports with two uses.
 *
 * `complete`: whether all switches are known, so that an unknown one is an error.
 */
export function findContradictions(
  entries: TopologyEntries,
  names: SwitchNames,
  complete: boolean,
): FileError[] {
  return [
    ...findDuplicates(entries.switches, "dpid", (value) => parseDpid(value.dpid)),
    ...findDuplicates(entries.switches, "name", (value) => value.name),
    ...findDuplicates(entries.hosts, "mac", (value) => parseMac(value.mac)),
    ...findDuplicates(entries.hosts, "name", (value) => value.name),
    ...(complete ? findUnknownSwitches(entries, names) : []),
    ...findPortConflicts(entries, names),
  ];
}

function findDuplicates<T>(
  entries: readonly Entry<T>[],
  key: string & keyof T,
  identity: (value: T) => unknown,
): FileError[] {
  const first = new Map<unknown, Entry<T>>();
  return entries.flatMap((entry) => {
    const id = identity(entry.value);
    const other = first.get(id);
    if (id === undefined) return [];
    if (!other) {
      first.set(id, entry);
      return [];
    }
    const what = `${key} "${entry.value[key]}" is already used ${placeOf(other, [key])}`;
    return [locate(entry, [key], what, `give each its own ${key}, or remove one of them`)];
  });
}

function findUnknownSwitches({ links, hosts }: TopologyEntries, names: SwitchNames): FileError[] {
  const errors: FileError[] = [];
  const check = (entry: Entry<unknown>, text: string, path: JsonPath) => {
    if (names.find(text)) return;
    errors.push(entry.document.locate(names.unknown(text, [...entry.path, ...path])));
  };
  for (const link of links) {
    check(link, link.value.a.switch, ["a", "switch"]);
    check(link, link.value.b.switch, ["b", "switch"]);
  }
  for (const host of hosts) check(host, host.value.switch, ["switch"]);
  return errors;
}

/** One use of a port. */
interface PortUse {
  readonly entry: Entry<unknown>;
  readonly path: JsonPath;
  readonly by: "link" | "host";
}

/** A port carries one link, or any number of hosts. */
function findPortConflicts({ links, hosts }: TopologyEntries, names: SwitchNames): FileError[] {
  const errors: FileError[] = [];
  const uses = new Map<string, PortUse>();
  const use = (dpid: Dpid | undefined, port: number | string, now: PortUse) => {
    if (!dpid) return;
    const key = `${dpid} ${JSON.stringify(port)}`;
    const first = uses.get(key);
    if (!first) uses.set(key, now);
    else if (first.by === "link" || now.by === "link") {
      const what = `port ${port} is already used by a ${first.by} ${placeOf(first.entry, first.path)}`;
      const remedy = "correct the port in one of the two places";
      errors.push(locate(now.entry, now.path, what, remedy));
    }
  };
  for (const entry of links) {
    const { a, b } = entry.value;
    const [from, to] = [names.find(a.switch), names.find(b.switch)];
    if (from && from === to) {
      const what = "the link connects a switch to itself";
      errors.push(locate(entry, ["b", "switch"], what, "name the two switches that it connects"));
    }
    use(from, a.port, { entry, path: ["a", "port"], by: "link" });
    use(to, b.port, { entry, path: ["b", "port"], by: "link" });
  }
  for (const entry of hosts) {
    const { switch: name, port } = entry.value;
    use(names.find(name), port, { entry, path: ["port"], by: "host" });
  }
  return errors;
}

function locate(entry: Entry<unknown>, path: JsonPath, what: string, remedy: string): FileError {
  return entry.document.locate({ path: [...entry.path, ...path], what, remedy });
}

/** Place of an entry, for a message about another one: `on line 7 of lab.json`. */
function placeOf({ document, path: base }: Entry<unknown>, path: JsonPath): string {
  return `on line ${document.position([...base, ...path]).line} of ${document.file}`;
}
