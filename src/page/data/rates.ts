// SPDX-License-Identifier: Apache-2.0
/** Measured rates, from the columns that the server sends. Null: not known. */
import type { RatesFrame } from "../../contract/observation/rates.ts";

/** Frames that leave a port into its link. */
interface LinkRate {
  readonly pps: number | null;
  readonly bps: number | null;
  /** The copies among them. */
  readonly copiesPps: number | null;
  readonly copiesBps: number | null;
}

interface PolicyRate {
  readonly copiedPps: number | null;
  readonly copiedBps: number | null;
  readonly deliveredPps: number | null;
  readonly deliveredBps: number | null;
  readonly lostPps: number | null;
}

export interface Rates {
  /** When they were sampled; null: they have not been yet. */
  readonly at: string | null;
  /** By `portKey` of the port that frames leave by. */
  readonly links: ReadonlyMap<string, LinkRate>;
  /** By id. */
  readonly policies: ReadonlyMap<string, PolicyRate>;
}

export type LinkRates = Rates["links"];

/** The rates after a frame of the stream: an incomplete one leaves out the rows that are the same as before. */
export function ratesAfter(before: Rates | undefined, frame: RatesFrame): Rates {
  const start = frame.complete ? undefined : before;
  const links = new Map(start?.links);
  const policies = new Map(start?.policies);
  const { links: link, policies: policy } = frame;
  for (const [index, dpid] of link.from.entries()) {
    links.set(`${dpid}/${link.fromPort[index]}`, {
      pps: link.pps[index] ?? null,
      bps: link.bps[index] ?? null,
      copiesPps: link.copiesPps[index] ?? null,
      copiesBps: link.copiesBps[index] ?? null,
    });
  }
  for (const [index, id] of policy.id.entries()) {
    policies.set(id, {
      copiedPps: policy.copiedPps[index] ?? null,
      copiedBps: policy.copiedBps[index] ?? null,
      deliveredPps: policy.deliveredPps[index] ?? null,
      deliveredBps: policy.deliveredBps[index] ?? null,
      lostPps: policy.lostPps[index] ?? null,
    });
  }
  return { at: frame.at, links, policies };
}

/** The sum of rates of which some may be unknown; null if all are. */
export function sumOfRates(rates: readonly (number | null | undefined)[]): number | null {
  const known = rates.filter((rate) => rate !== null && rate !== undefined);
  return known.length === 0 ? null : known.reduce((sum, rate) => sum + rate, 0);
}
