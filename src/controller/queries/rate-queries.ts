// SPDX-License-Identifier: Apache-2.0
import type {
  RateHistoryView,
  RateSubject,
  RatesFrame,
  RatesQuery,
} from "../../contract/observation/rates.ts";
import type { Counters, RateRow, RateTrack } from "../../counters/index.ts";
import type { PolicyId } from "../../policy/index.ts";
import type { Topology } from "../../topology/index.ts";
import {
  idOf,
  type KnownPolicy,
  type PolicyRegistry,
  projectOf,
} from "../policies/policy-registry.ts";
import { walkPolicies } from "../policies/walk-policies.ts";
import { linkEnds } from "../views/network-view.ts";

/** Dependencies of `RateQueries`. */
interface RateQueriesDeps {
  readonly registry: PolicyRegistry;
  readonly counters: Pick<Counters, "rates">;
  readonly topology: () => Topology;
}

type PolicyColumns = RatesFrame["policies"];
type LinkColumns = RatesFrame["links"];
type Writable<T> = {
  -readonly [Key in keyof T]: T[Key] extends readonly (infer E)[] ? E[] : never;
};

/** The rates of policies and links, as clients see them. */
export class RateQueries {
  readonly #deps: RateQueriesDeps;

  constructor(deps: RateQueriesDeps) {
    this.#deps = deps;
  }

  async rates(query: RatesQuery) {
    const { rates } = this.#deps.counters;
    const { sequence, at } = rates.sample;
    const { policies, more } = await this.#policies(query);
    const isOfLinks = [query.policy, query.after, query.project].every(
      (each) => each === undefined,
    );
    const frame: RatesFrame = {
      at: at === undefined ? null : new Date(at).toISOString(),
      intervalMs: rates.stepMs,
      complete: query.since === undefined,
      policies,
      links: isOfLinks ? this.#links(query.since) : noLinks(),
    };
    return { rates: frame, sequence, more };
  }

  history(subject: RateSubject): RateHistoryView | undefined {
    const { rates } = this.#deps.counters;
    const { stepMs } = rates;
    if ("policy" in subject) {
      const id = subject.policy as PolicyId;
      if (this.#deps.registry.known(id) === undefined) return undefined;
      const { at, columns } = trackView(rates.policyTrack(id), 5);
      const [copiedPps = [], copiedBps = [], deliveredPps = [], deliveredBps = [], lostPps = []] =
        columns;
      return { stepMs, at, copiedPps, copiedBps, deliveredPps, deliveredBps, lostPps };
    }
    const { dpid, port } = subject.link;
    const isLink = [...linkEnds(this.#deps.topology())].some(
      ({ from }) => from.dpid === dpid && from.port === port,
    );
    if (!isLink) return undefined;
    const { at, columns } = trackView(rates.linkTrack({ dpid, port }), 4);
    const [pps = [], bps = [], copiesPps = [], copiesBps = []] = columns;
    return { stepMs, at, pps, bps, copiesPps, copiesBps };
  }

  /** The rows of policies, in slices of the event loop. */
  async #policies({ policy, after, limit, since, project }: RatesQuery) {
    const { registry, counters } = this.#deps;
    const policies = noPolicies();
    /** Adds the row of a policy that is asked for; true: there is no room for it. */
    const add = (known: KnownPolicy) => {
      const id = idOf(known);
      if (project !== undefined && projectOf(known) !== project) return false;
      const row = counters.rates.policy(id);
      if (since !== undefined && (row === undefined || row.changedIn <= since)) return false;
      if (policies.id.length === limit) return true;
      addPolicy(policies, id, row);
      return false;
    };
    if (policy === undefined) return { policies, more: await walkPolicies(registry, after, add) };
    const known = registry.known(policy as PolicyId);
    return { policies, more: known !== undefined && add(known) };
  }

  #links(since: number | undefined): LinkColumns {
    const { rates } = this.#deps.counters;
    const links = noLinks();
    for (const { from, to } of linkEnds(this.#deps.topology())) {
      const row = rates.link(from);
      if (since !== undefined && (row === undefined || row.changedIn <= since)) continue;
      const [pps, bps, copiesPps, copiesBps] = valuesOf(row, 4);
      links.from.push(from.dpid);
      links.fromPort.push(from.port);
      links.to.push(to.dpid);
      links.toPort.push(to.port);
      links.pps.push(pps ?? null);
      links.bps.push(bps ?? null);
      links.copiesPps.push(copiesPps ?? null);
      links.copiesBps.push(copiesBps ?? null);
    }
    return links;
  }
}

function addPolicy(policies: Writable<PolicyColumns>, id: string, row: RateRow | undefined): void {
  const [copiedPps, copiedBps, deliveredPps, deliveredBps, lostPps] = valuesOf(row, 5);
  policies.id.push(id);
  policies.copiedPps.push(copiedPps ?? null);
  policies.copiedBps.push(copiedBps ?? null);
  policies.deliveredPps.push(deliveredPps ?? null);
  policies.deliveredBps.push(deliveredBps ?? null);
  policies.lostPps.push(lostPps ?? null);
}

function valuesOf(row: RateRow | undefined, width: number): (number | null)[] {
  return Array.from(row?.values ?? new Float64Array(width).fill(Number.NaN), (value) =>
    Number.isNaN(value) ? null : value,
  );
}

function trackView(track: RateTrack | undefined, width: number) {
  const { at, columns } = track ?? { at: [], columns: Array.from({ length: width }, () => []) };
  return { at: at.map((each) => new Date(each).toISOString()), columns };
}

function noPolicies(): Writable<PolicyColumns> {
  return {
    ...{ id: [], copiedPps: [], copiedBps: [] },
    ...{ deliveredPps: [], deliveredBps: [], lostPps: [] },
  };
}

function noLinks(): Writable<LinkColumns> {
  return {
    ...{ from: [], fromPort: [], to: [], toPort: [] },
    ...{ pps: [], bps: [], copiesPps: [], copiesBps: [] },
  };
}
