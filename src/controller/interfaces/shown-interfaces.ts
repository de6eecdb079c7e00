// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../../lang/steps.ts";
import type { OvsdbSession } from "../../ovsdb-session/index.ts";
import type { PortAt } from "../../topology/index.ts";
import { textOf } from "./interface-facts.ts";
import type { ShownInterface } from "./interfaces-of-bridge.ts";

/** A session that shows interfaces. */
interface Shower {
  readonly session: OvsdbSession;
  /** The `system-id` of the hypervisor; undefined: it has none. */
  readonly system: string | undefined;
}

/** An interface with a name, as a database shows it. */
export interface Claim extends ShownInterface, Shower {}

/** Most interfaces of all databases together; and those that are gone. */
const MOST_INTERFACES = 200_000;
const MOST_GONE = 20_000;

/**
 * Where databases show interfaces. One that several of them show is where it has appeared last: when a workload
 * migrates, its interface is on both hypervisors for a while. One that none shows any longer is where it was until
 * another interface has its port: one that restarts is not another one, and one that has its port may be.
 */
export class ShownInterfaces {
  /** Called with each name whose claims differ from before. */
  readonly #differs: (iface: string) => void;
  /** By name, in the order in which they appeared. */
  readonly #claims = new Map<string, readonly Claim[]>();
  /** The names that each session shows. */
  readonly #shown = new Map<OvsdbSession, ReadonlySet<string>>();
  /** What is at the ports that each session shows. */
  readonly #there = new Map<OvsdbSession, ReadonlyMap<string, ShownInterface>>();
  /** Those that no database shows: the last claim, the oldest first. */
  readonly #gone = new Map<string, Claim>();
  /** Of these, the names by port. */
  readonly #left = new Map<string, Set<string>>();

  constructor(differs: (iface: string) => void) {
    this.#differs = differs;
  }

  /** All claims of a name, the one that appeared first first. */
  claims(iface: string): readonly Claim[] {
    return this.#claims.get(iface) ?? [];
  }

  /** The last claim of a name that no database shows and whose port no other interface has. */
  gone(iface: string): Claim | undefined {
    return this.#gone.get(iface);
  }

  /** A session shows these interfaces, and no other. In steps. */
  *show(
    session: OvsdbSession,
    system: string | undefined,
    found: readonly ShownInterface[],
  ): Steps<void> {
    const { there, byName } = yield* this.#sorted(found);
    this.#there.set(session, there);
    for (const iface of this.#shown.get(session) ?? []) {
      yield;
      if (!byName.has(iface)) this.#claim(iface, { session, system }, []);
    }
    for (const [iface, all] of byName) {
      yield;
      this.#claim(iface, { session, system }, all);
    }
    for (const [key, each] of there) {
      yield;
      for (const iface of [...(this.#left.get(key) ?? [])]) {
        const last = this.#gone.get(iface);
        if (last && isOther(each, last)) this.#forget(iface);
      }
    }
    if (byName.size > 0) this.#shown.set(session, new Set(byName.keys()));
    else this.#shown.delete(session);
    if (there.size === 0) this.#there.delete(session);
  }

  /** The interfaces by port, and by name. */
  *#sorted(found: readonly ShownInterface[]) {
    const there = new Map<string, ShownInterface>();
    const byName = new Map<string, ShownInterface[]>();
    for (const each of found) {
      yield;
      there.set(keyOf(each.at), each);
      const { iface } = each;
      if (iface === undefined) continue;
      const isNew = !this.#claims.has(iface) && !byName.has(iface);
      if (isNew && this.#claims.size + byName.size >= MOST_INTERFACES) continue;
      byName.set(iface, [...(byName.get(iface) ?? []), each]);
    }
    return { there, byName };
  }

  #claim(iface: string, shower: Shower, found: readonly ShownInterface[]): void {
    const before = this.claims(iface);
    const claims = claimsAfter(before, shower, found);
    if (claims.length === before.length && claims.every((each, at) => each === before[at])) return;
    const last = before.at(-1);
    if (claims.length > 0) {
      this.#claims.set(iface, claims);
      this.#forget(iface);
    } else {
      this.#claims.delete(iface);
      if (last && this.#isFree(last)) this.#leave(iface, last);
    }
    this.#differs(iface);
  }

  /** Whether no other interface has the port of a claim. */
  #isFree(claim: Claim): boolean {
    const key = keyOf(claim.at);
    for (const ports of this.#there.values()) {
      const there = ports.get(key);
      if (there && isOther(there, claim)) return false;
    }
    return true;
  }

  #leave(iface: string, claim: Claim): void {
    this.#gone.set(iface, claim);
    const key = keyOf(claim.at);
    this.#left.set(key, (this.#left.get(key) ?? new Set()).add(iface));
    const [oldest] = this.#gone.keys();
    if (this.#gone.size > MOST_GONE && oldest !== undefined) this.#forget(oldest);
  }

  #forget(iface: string): void {
    const claim = this.#gone.get(iface);
    if (claim === undefined) return;
    this.#gone.delete(iface);
    const key = keyOf(claim.at);
    const left = this.#left.get(key);
    left?.delete(iface);
    if (left?.size === 0) this.#left.delete(key);
    this.#differs(iface);
  }
}

/** The claims of a name after a session shows these of it; those that stay are the same objects. */
function claimsAfter(
  before: readonly Claim[],
  { session, system }: Shower,
  found: readonly ShownInterface[],
): readonly Claim[] {
  const kept = before.flatMap((claim): readonly Claim[] => {
    if (claim.session !== session) return [claim];
    const now = found.find((each) => isAtSame(each, claim));
    if (now === undefined) return [];
    return [isSame(now, claim) && claim.system === system ? claim : { ...now, session, system }];
  });
  const isKept = (each: ShownInterface) =>
    kept.some((claim) => claim.session === session && isAtSame(each, claim));
  const added = found.filter((each) => !isKept(each));
  const claims = [...kept, ...added.map((each) => ({ ...each, session, system }))];
  return claims.sort((a, b) => a.appeared - b.appeared);
}

/** Whether an interface at the last port of one that is gone is another one: the same row has no name, at most. */
function isOther(there: ShownInterface, gone: Claim): boolean {
  return there.row !== gone.row || there.iface !== undefined;
}

function isAtSame(a: ShownInterface, b: ShownInterface): boolean {
  return a.row === b.row && keyOf(a.at) === keyOf(b.at);
}

function keyOf({ dpid, port }: PortAt): string {
  return `${dpid} ${port}`;
}

function isSame(a: ShownInterface, b: ShownInterface): boolean {
  return a.appeared === b.appeared && textOf(a.facts) === textOf(b.facts);
}
