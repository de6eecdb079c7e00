// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { Dpid, PortNumber } from "../scalars.ts";

const rate = z.number().min(0).nullable();
const column = z.array(rate).readonly();
const pps = column.meta({ description: "Frames per second; null: not known." });
const bps = column.meta({ description: "Bits per second; null: not known." });

/** The columns of policies' rates, in the order of `PolicyRates`. */
const policyColumns = {
  copiedPps: pps,
  copiedBps: bps,
  deliveredPps: pps,
  deliveredBps: bps,
  lostPps: pps,
};

/** The columns of links' rates. */
const linkColumns = {
  pps: column.meta({
    description: "All frames that leave the port into the link, per second; null: not known.",
  }),
  bps,
  copiesPps: column.meta({
    description: "The copies among them, measured where they arrive; null: not known.",
  }),
  copiesBps: bps,
};

const rateMembers = {
  at: z.iso.datetime().nullable().meta({
    description: "When the rates were sampled; null: they have not been yet.",
  }),
  intervalMs: z.int().min(0).meta({
    description:
      "Milliseconds between two samples: 2,000 while a client has `/events?rates=1` open, otherwise the interval of the counters. 0: counters are not read.",
  }),
  complete: z.boolean().meta({
    description:
      "false: rows whose rates are the same as in the frame before are left out. Frames of an event stream only.",
  }),
  policies: z
    .object({ id: z.array(z.string()).readonly(), ...policyColumns })
    .meta({ description: "Column by column: the values of the same index are of one policy." }),
  links: z
    .object({
      from: z.array(Dpid).readonly().meta({ description: "The switch that sends into the link." }),
      fromPort: z.array(PortNumber).readonly(),
      to: z.array(Dpid).readonly(),
      toPort: z.array(PortNumber).readonly(),
      ...linkColumns,
    })
    .meta({ description: "Each link has two rows, one for each direction." }),
};

/** The rates of policies and links, as an event stream has them. */
export const RatesFrame = z.object(rateMembers).meta({ id: "RatesFrame" });
export type RatesFrame = z.infer<typeof RatesFrame>;

/** A page of the rates of policies; the first page has those of links, too. */
export const RatesView = z
  .object({
    ...rateMembers,
    nextCursor: z.string().nullable().meta({ description: "Null on the last page." }),
  })
  .meta({ id: "Rates" });
export type RatesView = z.infer<typeof RatesView>;

const historyMembers = {
  stepMs: rateMembers.intervalMs,
  at: z.array(z.iso.datetime()).readonly().meta({
    description: "When each sample was taken, in ascending order: ten minutes at most.",
  }),
};

/** The last minutes of a policy or of a link. */
export const RateHistoryView = z
  .union([
    z.object({ ...historyMembers, ...policyColumns }),
    z.object({ ...historyMembers, ...linkColumns }),
  ])
  .meta({ id: "RateHistory" });
export type RateHistoryView = z.infer<typeof RateHistoryView>;

/** Selects rates. */
export interface RatesQuery {
  /** Only this policy, and no links. */
  readonly policy?: string;
  /** Only policies whose ids follow this one, and no links. */
  readonly after?: string;
  /** At most so many policies. */
  readonly limit: number;
  /** Only rows that have changed after the sample with this number. */
  readonly since?: number;
  /** Only policies that are limited to this project, and no links. */
  readonly project?: string;
}

/** The link that frames enter by a port, or a policy. */
export type RateSubject =
  | { readonly policy: string }
  | { readonly link: { readonly dpid: string; readonly port: number } };

/** What the API requires of the controller for rates. */
export interface RatesService {
  /** `sequence`: the number of the sample. `more`: further policies follow the last one. */
  rates(query: RatesQuery): Promise<{
    readonly rates: RatesFrame;
    readonly sequence: number;
    readonly more: boolean;
  }>;
  /** Undefined: there is no such policy or link. */
  rateHistory(subject: RateSubject): RateHistoryView | undefined;
  /** Calls back after each sample from now on, and makes them frequent; returns what ends it. */
  watchRates(listener: () => void): () => void;
}
