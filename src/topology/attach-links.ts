// SPDX-License-Identifier: Apache-2.0
import { defined } from "../lang/defined.ts";
import { sameItems } from "../lang/same-items.ts";
import type { Discovered, DiscoveredLink } from "./discovery/discovered.ts";
import type { Dpid, PortNo } from "./dpid.ts";
import type { Attachment, Link, LinkConfig, LinkState, PortReference, Switch } from "./model.ts";
import type { PortAt } from "./port-at.ts";
import type { PortResolver } from "./port-resolver.ts";

/** The inputs of links. */
export interface LinkFacts {
  readonly configured: readonly LinkConfig[];
  readonly discovered: Discovered | undefined;
  /** Ports of hosts named by files and REST clients: they have no links. */
  readonly hosts: Iterable<Iterable<PortReference & { readonly name?: string }>>;
  readonly switches: ReadonlyMap<Dpid, Switch>;
}

/** What a file or a REST client places at a port. */
interface Claim {
  readonly link?: number;
  readonly words: string;
}

/** Cost of a link to which no file assigns one. */
const DEFAULT_WEIGHT = 1;
/** Cost of a doubtful link: it is the last resort. */
const DOUBTFUL_WEIGHT = 1_000_000;
const DOUBT =
  "both ports had been proven to lead to hosts, and neither has gone down since: used only where no other link leads, until one of them goes down";

/**
 * The links: those of the topology files first, then the discovered ones. The files take precedence: a
 * discovered link at a port to which they assign something else is `contradicted`. It is not used, and
 * its other end is not used for anything else.
 */
export function attachLinks(
  facts: LinkFacts,
  ports: PortResolver,
  before: readonly Link[],
): readonly Link[] {
  const links = facts.configured.map((link, index): Link => {
    const now = attachConfigured(link, ports);
    const old = before[index];
    return old && sameLink(old, now) ? old : now;
  });
  if (facts.discovered && facts.discovered.links.length > 0) {
    addDiscovered(links, facts, facts.discovered.links, ports, before);
  }
  return sameItems(before, links) ? before : links;
}

function attachConfigured(link: LinkConfig, ports: PortResolver): Link {
  const [a, b] = [ports.attach(link.a), ports.attach(link.b)];
  const up = ports.mayCarry(a) && ports.mayCarry(b);
  const weights = defined({ weight: link.weight, copyWeight: link.copyWeight });
  const { direct = false } = link;
  return { a, b, ...weights, direct, up, origin: "file", state: up ? "up" : "down" };
}

function addDiscovered(
  links: Link[],
  facts: LinkFacts,
  discovered: readonly DiscoveredLink[],
  ports: PortResolver,
  before: readonly Link[],
): void {
  const claims = claimsOf(links, facts, ports);
  const known = new Map(before.map((link) => [linkKey(link), link]));
  for (const found of discovered) {
    const [atA, atB] = [claims.get(portKey(found.a)), claims.get(portKey(found.b))];
    if (atA?.link !== undefined && atA.link === atB?.link) {
      const configured = links[atA.link];
      if (configured?.up) links[atA.link] = kept(known, probed(configured, found));
      continue;
    }
    // A link that went down contradicts nothing.
    if ((atA || atB) && found.state === "down") continue;
    const now = atA || atB ? contradicted(found, atA, atB, ports) : attachFound(found, ports);
    links.push(kept(known, now));
  }
}

/**
 * A link of a file that is in use, with what probes found. The file decides whether it is used; a hub
 * between its ends refutes that it is direct.
 */
function probed(configured: Link, { state, isDoubtful }: DiscoveredLink): Link {
  if (state === "down") return configured;
  if (state === "shared") return { ...configured, state, direct: false };
  if (state !== "up") return { ...configured, state };
  return isDoubtful ? configured : { ...configured, direct: true };
}

/**
 * A doubtful link is used only where no other link leads. Then hosts that forward each other's probes
 * attract no traffic; a cable without port events carries what nothing else can; and, since it may be a
 * cable, its ports cannot form a loop as edges.
 */
function attachFound(found: DiscoveredLink, ports: PortResolver): Link {
  const { a: atA, b: atB, state, isDoubtful = false } = found;
  const [a, b] = [ports.attach(atA), ports.attach(atB)];
  const mayCarry = ports.mayCarry(a) && ports.mayCarry(b);
  const now: LinkState = mayCarry ? state : "down";
  const weight = isDoubtful ? DOUBTFUL_WEIGHT : DEFAULT_WEIGHT;
  const doubt = isDoubtful && now === "up" ? { problem: DOUBT } : {};
  const direct = now === "up" && !isDoubtful;
  return { a, b, weight, direct, up: now === "up", origin: "discovered", state: now, ...doubt };
}

/** An end that is claimed keeps its port in `written` only. */
function contradicted(
  { a, b }: DiscoveredLink,
  atA: Claim | undefined,
  atB: Claim | undefined,
  ports: PortResolver,
): Link {
  const end = (at: PortAt, claim: Claim | undefined): Attachment =>
    claim ? { dpid: at.dpid, port: undefined, written: at.port } : ports.attach(at);
  const problem = [atA, atB].flatMap((claim) => (claim ? [claim.words] : [])).join("; ");
  return {
    a: end(a, atA),
    b: end(b, atB),
    weight: DEFAULT_WEIGHT,
    direct: false,
    up: false,
    origin: "discovered",
    state: "contradicted",
    problem,
  };
}

function claimsOf(
  links: readonly Link[],
  { hosts, switches }: LinkFacts,
  ports: PortResolver,
): ReadonlyMap<string, Claim> {
  const claims = new Map<string, Claim>();
  const name = (dpid: Dpid) => switches.get(dpid)?.name ?? dpid;
  const claim = (dpid: Dpid, port: PortNo | undefined, what: string, link?: number) => {
    if (port === undefined) return;
    const words = `${name(dpid)} port ${port} is configured to lead to ${what}`;
    claims.set(portKey({ dpid, port }), defined({ words, link }));
  };
  for (const list of hosts) {
    for (const { dpid, port, name: host = "a host" } of list) {
      claim(dpid, ports.find(dpid, port), host);
    }
  }
  for (const [index, { a, b }] of links.entries()) {
    claim(a.dpid, a.port, `${name(b.dpid)} port ${b.written}`, index);
    claim(b.dpid, b.port, `${name(a.dpid)} port ${a.written}`, index);
  }
  return claims;
}

function kept(known: ReadonlyMap<string, Link>, now: Link): Link {
  const old = known.get(linkKey(now));
  return old && sameLink(old, now) ? old : now;
}

function linkKey({ a, b }: Link): string {
  return `${a.dpid}/${a.written} ${b.dpid}/${b.written}`;
}

function portKey({ dpid, port }: PortAt): string {
  return `${dpid}/${port}`;
}

function sameLink(x: Link, y: Link): boolean {
  return (
    x.up === y.up &&
    x.weight === y.weight &&
    x.copyWeight === y.copyWeight &&
    x.direct === y.direct &&
    x.origin === y.origin &&
    x.state === y.state &&
    x.problem === y.problem &&
    samePlace(x.a, y.a) &&
    samePlace(x.b, y.b)
  );
}

function samePlace(x: Attachment, y: Attachment): boolean {
  return x.dpid === y.dpid && x.port === y.port && x.written === y.written;
}
