// SPDX-License-Identifier: Apache-2.0
import type { PolicyDocument } from "../../../src/policy/index.ts";

/** A way in which a monitor gets the frames from `h1` to `h2`; see `TappedRow` for the network. */
export interface DeliveryForm {
  readonly name: string;
  readonly policies: readonly PolicyDocument[];
  /** A mirror of Open vSwitch for all that enters by h1's port: to h3's port, or into the link. */
  readonly mirror?: "same switch" | "across links";
  /** Whether another application's table forwards, which may change tags. */
  readonly isBeside?: boolean;
}

/** A form that the benchmark measures. */
export interface MeasuredForm extends DeliveryForm {
  /** The host that gets each frame, too. */
  readonly monitor?: "h3" | "h4";
}

/** The monitor on the sender's switch, and the one at the other end of the row. */
export const NEAR = { host: "h3" } as const;
export const FAR = { host: "h4" } as const;

/** A policy for the frames from h1 to h2. */
export function tap(
  monitor: PolicyDocument["monitors"][number],
  more: Partial<PolicyDocument> = {},
): PolicyDocument {
  return { sender: { host: "h1" }, receiver: { host: "h2" }, monitors: [monitor], ...more };
}

function far(name: string, copy: NonNullable<PolicyDocument["copy"]>): MeasuredForm {
  return { name, policies: [tap(FAR, { copy })], monitor: "h4" };
}

function beside(form: MeasuredForm): MeasuredForm {
  return { ...form, name: `${form.name}, beside`, isBeside: true };
}

/**
 * The forms that `npm run bench -- dataplane` measures and `data-plane-counts.test.ts` counts. A new form
 * is one row.
 */
export const DELIVERY_FORMS: readonly MeasuredForm[] = [
  { name: "no tap", policies: [] },
  { name: "mirror, same switch", policies: [], mirror: "same switch", monitor: "h3" },
  { name: "copy, same switch", policies: [tap(NEAR)], monitor: "h3" },
  { name: "mirror, across links", policies: [], mirror: "across links", monitor: "h4" },
  far("rewrite", { delivery: "rewrite" }),
  far("rewrite with IP", { delivery: "rewrite", rewriteIp: true }),
  far("one-sided mark", { delivery: "mark" }),
  far("tag", { delivery: "tag" }),
  beside(far("tag", { delivery: "tag" })),
  beside(far("rewrite with IP", { delivery: "rewrite", rewriteIp: true })),
];
