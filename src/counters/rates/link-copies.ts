// SPDX-License-Identifier: Apache-2.0
import {
  type CountedCategory,
  cookieFor,
  type EntryRef,
  splitEntryRef,
} from "../../flow-model/index.ts";
import type { Steps } from "../../lang/steps.ts";
import type { CountedPath, PolicyId, PolicyPlan } from "../../policy/index.ts";
import type { ListedCounter } from "../counted-entry.ts";
import { type Rate, RateMeter } from "./rate-meter.ts";

/** The direction of a link: the switch and port by which frames enter it, written `<dpid>:<port>`. */
export type LinkKey = string & { readonly __brand: "LinkKey" };

export function linkKey(dpid: string, port: number): LinkKey {
  return `${dpid}:${port}` as LinkKey;
}

/** A rule that counts copies which cross links: where they are made, or where they arrive. */
interface FollowedRule {
  readonly dpid: string;
  readonly cookie: bigint;
  readonly category: CountedCategory;
  readonly meter: RateMeter;
  /** The paths of the copies that it counts. */
  readonly paths: Set<LinkPath>;
}

/** The links that copies cross from the rule that makes them to the rule at which they arrive. */
interface LinkPath {
  readonly id: string;
  readonly source: FollowedRule;
  readonly arrival: FollowedRule;
  readonly links: readonly LinkKey[];
  users: number;
}

const NOTHING: Rate = { pps: 0, bps: 0 };

/**
 * The rates of the copies on links, measured where they arrive: a recovery rule counts each copy once, however
 * many policies request it, and whatever a treatment leaves out before. The arrivals of copies that several rules
 * make, on different ways, are divided in proportion to what these rules match.
 */
export class LinkCopies {
  /** By policy. */
  readonly #used = new Map<PolicyId, readonly LinkPath[]>();
  readonly #paths = new Map<string, LinkPath>();
  /** By switch, then by cookie. */
  readonly #rules = new Map<string, Map<bigint, FollowedRule>>();

  /** A policy has this plan from now on; undefined: it is gone. */
  setPlan(id: PolicyId, plan: PolicyPlan | undefined): void {
    const before = this.#used.get(id) ?? [];
    const paths = plan?.copies.flatMap(({ countedPaths }) => countedPaths) ?? [];
    const used = paths.flatMap((path) => this.#acquire(path) ?? []);
    for (const path of before) this.#release(path);
    if (used.length > 0) this.#used.set(id, used);
    else this.#used.delete(id);
  }

  /** Whether rules of a category on a switch are to be read. */
  has(dpid: string, category: CountedCategory): boolean {
    for (const rule of this.#rules.get(dpid)?.values() ?? []) {
      if (rule.category === category) return true;
    }
    return false;
  }

  /** A rule that a switch lists, requested at a time in milliseconds. */
  listed(dpid: string, entry: ListedCounter, at: number): void {
    this.#rules.get(dpid)?.get(entry.cookie)?.meter.read(entry, at);
  }

  disconnect(dpid: string): void {
    for (const { meter } of this.#rules.get(dpid)?.values() ?? []) meter.reset();
  }

  /** The rates of the links that copies cross; undefined: some of them are not known since then. */
  *rates(since: number): Steps<Map<LinkKey, Rate | undefined>> {
    const found = new Map<LinkKey, Rate | undefined>();
    for (const rules of this.#rules.values()) {
      for (const rule of rules.values()) {
        yield;
        if (rule.category === "recovery") addArrivals(found, rule, since);
      }
    }
    return found;
  }

  #acquire({ source, arrival, route }: CountedPath): LinkPath | undefined {
    const links = (route?.hops ?? []).flatMap(({ dpid, outPort }) =>
      outPort === undefined ? [] : [linkKey(dpid, outPort)],
    );
    if (arrival === undefined || links.length === 0) return undefined;
    const id = `${source} ${arrival} ${links.join()}`;
    let path = this.#paths.get(id);
    if (path === undefined) {
      const ends = {
        source: this.#rule(source, "rewriting"),
        arrival: this.#rule(arrival, "recovery"),
      };
      path = { id, ...ends, links, users: 0 };
      this.#paths.set(id, path);
      ends.source.paths.add(path);
      ends.arrival.paths.add(path);
    }
    path.users++;
    return path;
  }

  #release(path: LinkPath): void {
    path.users--;
    if (path.users > 0) return;
    this.#paths.delete(path.id);
    for (const rule of [path.source, path.arrival]) {
      rule.paths.delete(path);
      if (rule.paths.size > 0) continue;
      const rules = this.#rules.get(rule.dpid);
      rules?.delete(rule.cookie);
      if (rules?.size === 0) this.#rules.delete(rule.dpid);
    }
  }

  #rule(ref: EntryRef, category: CountedCategory): FollowedRule {
    const { dpid, key } = splitEntryRef(ref);
    const cookie = cookieFor(category, key);
    const rules = this.#rules.get(dpid) ?? new Map<bigint, FollowedRule>();
    this.#rules.set(dpid, rules);
    const known = rules.get(cookie);
    if (known) return known;
    const rule = { dpid, cookie, category, meter: new RateMeter(), paths: new Set<LinkPath>() };
    rules.set(cookie, rule);
    return rule;
  }
}

/** Adds the copies that a rule receives to the links that they have crossed. */
function addArrivals(
  found: Map<LinkKey, Rate | undefined>,
  { meter, paths }: FollowedRule,
  since: number,
): void {
  const arrived = meter.rateSince(since);
  const made = [...paths].map(({ source }) => source.meter.rateSince(since)?.pps);
  const sum = made.reduce((all, each) => addKnown(all, each), 0);
  for (const [index, { links }] of [...paths].entries()) {
    const share = paths.size === 1 ? 1 : shareOf(made[index], sum, paths.size);
    const rate =
      arrived && share !== undefined
        ? { pps: arrived.pps * share, bps: arrived.bps * share }
        : undefined;
    for (const link of links) found.set(link, sumOf(found, link, rate));
  }
}

function addKnown(sum: number | undefined, each: number | undefined): number | undefined {
  return sum === undefined || each === undefined ? undefined : sum + each;
}

function shareOf(made: number | undefined, sum: number | undefined, count: number) {
  if (made === undefined || sum === undefined) return undefined;
  return sum === 0 ? 1 / count : made / sum;
}

function sumOf(
  found: ReadonlyMap<LinkKey, Rate | undefined>,
  link: LinkKey,
  more: Rate | undefined,
): Rate | undefined {
  const known = found.has(link) ? found.get(link) : NOTHING;
  return known && more && { pps: known.pps + more.pps, bps: known.bps + more.bps };
}
