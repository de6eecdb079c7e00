import type { Attachment, Host, Link, Port, Switch } from "./model.ts";
import type { Topology } from "./topology.ts";

/**
 * Whether two snapshots have the same layout: the same programmed switches with the same profiles, the
 * same links with the same states, the same hosts at the same ports. Ports with nothing attached,
 * connections, and switches that are not programmed do not count.
 */
export function sameLayout(a: Topology, b: Topology): boolean {
  return (
    sameProgrammed(a, b, sameSwitch) &&
    (a.links === b.links ||
      (a.links.length === b.links.length &&
        a.links.every((link, index) => sameLink(link, b.links[index])))) &&
    sameMembers(a.hosts, b.hosts, sameHost)
  );
}

/**
 * Whether the programmed switches have the same ports: numbers, names, up or not, and whether they
 * are known. Cheap between a snapshot and one built from it: unchanged parts are the same objects.
 */
export function samePorts(a: Topology, b: Topology): boolean {
  return sameProgrammed(
    a,
    b,
    (x, y) => x.portsKnown === y.portsKnown && sameMembers(x.ports, y.ports, samePort),
  );
}

/** Compares the programmed switches of two snapshots. */
function sameProgrammed(
  a: Topology,
  b: Topology,
  same: (x: Switch, y: Switch) => boolean,
): boolean {
  let left = 0;
  for (const { programmed } of b.switches.values()) if (programmed) left++;
  for (const x of a.switches.values()) {
    if (!x.programmed) continue;
    const y = b.switches.get(x.dpid);
    if (!y?.programmed || (x !== y && !same(x, y))) return false;
    left--;
  }
  return left === 0;
}

function sameMembers<K, V>(
  a: ReadonlyMap<K, V>,
  b: ReadonlyMap<K, V>,
  same: (x: V, y: V) => boolean,
): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [key, x] of a) {
    const y = b.get(key);
    if (y === undefined || (x !== y && !same(x, y))) return false;
  }
  return true;
}

function sameSwitch(x: Switch, y: Switch): boolean {
  return x.name === y.name && JSON.stringify(x.forwarding) === JSON.stringify(y.forwarding);
}

function samePort(x: Port, y: Port): boolean {
  return x.name === y.name && x.up === y.up;
}

function sameLink(x: Link, y: Link | undefined): boolean {
  if (x === y) return true;
  return (
    y !== undefined &&
    x.up === y.up &&
    x.weight === y.weight &&
    x.copyWeight === y.copyWeight &&
    samePlace(x.a, y.a) &&
    samePlace(x.b, y.b)
  );
}

/** Addresses are compared by identity: a snapshot reuses the list of the host's entry. */
function sameHost(x: Host, y: Host): boolean {
  return x.name === y.name && x.ips === y.ips && samePlace(x, y);
}

function samePlace(x: Attachment, y: Attachment): boolean {
  return x.dpid === y.dpid && x.port === y.port;
}
