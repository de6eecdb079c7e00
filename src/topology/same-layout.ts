import type { Attachment, Host, Link, Switch } from "./model.ts";
import type { Topology } from "./topology.ts";

/**
 * Whether two snapshots place everything alike: the same switches with the same profiles, the same
 * links with the same states, the same hosts at the same ports. Ports that nothing is known to be
 * attached to, and whether a switch is connected, do not count.
 */
export function sameLayout(a: Topology, b: Topology): boolean {
  return (
    sameMembers(a.switches, b.switches, sameSwitch) &&
    a.links.length === b.links.length &&
    a.links.every((link, index) => sameLink(link, b.links[index])) &&
    sameMembers(a.hosts, b.hosts, sameHost)
  );
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
    if (y === undefined || !same(x, y)) return false;
  }
  return true;
}

function sameSwitch(x: Switch, y: Switch): boolean {
  return (
    x.name === y.name &&
    x.configured === y.configured &&
    JSON.stringify(x.forwarding) === JSON.stringify(y.forwarding)
  );
}

function sameLink(x: Link, y: Link | undefined): boolean {
  return (
    y !== undefined &&
    x.up === y.up &&
    x.weight === y.weight &&
    samePlace(x.a, y.a) &&
    samePlace(x.b, y.b)
  );
}

/** A host's addresses are those of its entry, which a snapshot takes over as they are. */
function sameHost(x: Host, y: Host): boolean {
  return x.name === y.name && x.ips === y.ips && samePlace(x, y);
}

function samePlace(x: Attachment, y: Attachment): boolean {
  return x.dpid === y.dpid && x.port === y.port;
}
