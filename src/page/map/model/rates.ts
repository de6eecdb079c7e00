// SPDX-License-Identifier: Apache-2.0
/** Measured rates, from the columns that the server sends. */

/** Columns by name; equal indexes belong together. Null: not known. */
export interface RateColumns {
  readonly at: string;
  readonly intervalMs: number;
  readonly policies: {
    readonly id: readonly string[];
    readonly copiedPps: readonly (number | null)[];
    readonly copiedBps: readonly (number | null)[];
    readonly deliveredPps: readonly (number | null)[];
    readonly deliveredBps: readonly (number | null)[];
    readonly lostPps: readonly (number | null)[];
  };
  readonly links: {
    readonly from: readonly string[];
    readonly fromPort: readonly number[];
    readonly pps: readonly (number | null)[];
    readonly bps: readonly (number | null)[];
    readonly copiesPps: readonly (number | null)[];
    readonly copiesBps: readonly (number | null)[];
  };
}

/** Rates of frames that leave a port into its link. */
export interface LinkRate {
  readonly pps: number | null;
  readonly bps: number | null;
  readonly copiesPps: number | null;
  readonly copiesBps: number | null;
}

export interface PolicyRate {
  readonly copiedPps: number | null;
  readonly copiedBps: number | null;
  readonly deliveredPps: number | null;
  readonly deliveredBps: number | null;
  readonly lostPps: number | null;
}

/** By `portKey` of the port that frames leave by. */
export type LinkRates = ReadonlyMap<string, LinkRate>;

/** By id. */
export type PolicyRates = ReadonlyMap<string, PolicyRate>;

export function linkRates({ links }: RateColumns): LinkRates {
  return new Map(
    links.from.map((dpid, index) => [
      `${dpid}/${links.fromPort[index]}`,
      {
        pps: links.pps[index] ?? null,
        bps: links.bps[index] ?? null,
        copiesPps: links.copiesPps[index] ?? null,
        copiesBps: links.copiesBps[index] ?? null,
      },
    ]),
  );
}

export function policyRates({ policies }: RateColumns): PolicyRates {
  return new Map(
    policies.id.map((id, index) => [
      id,
      {
        copiedPps: policies.copiedPps[index] ?? null,
        copiedBps: policies.copiedBps[index] ?? null,
        deliveredPps: policies.deliveredPps[index] ?? null,
        deliveredBps: policies.deliveredBps[index] ?? null,
        lostPps: policies.lostPps[index] ?? null,
      },
    ]),
  );
}

/** The sum of rates of which some may be unknown; null if all are. */
export function sumOfRates(rates: readonly (number | null | undefined)[]): number | null {
  const known = rates.filter((rate) => rate !== null && rate !== undefined);
  return known.length === 0 ? null : known.reduce((sum, rate) => sum + rate, 0);
}
