// SPDX-License-Identifier: Apache-2.0
import type { PolicyDocument } from "../../../src/policy/index.ts";

/** A way in which a monitor gets the frames from `h1` to `h2`; see `TappedRow` for the network. */
export interface DeliveryForm {
  readonly name: string;
  readonly policies: readonly PolicyDocument[];
  /** A mirror of Open vSwitch for all frames that enter by h1's port, to h3's port or into the link. */
  readonly mirror?: "same switch" | "across the links";
}

/** The monitor on the sender's switch, and the one at the other end of the row. */
export const NEAR = { host: "h3" };
export const FAR = { host: "h4" };

/** A policy for the frames from h1 to h2. */
export function tap(
  monitor: PolicyDocument["monitors"][number],
  more: Partial<PolicyDocument> = {},
): PolicyDocument {
  return { sender: { host: "h1" }, receiver: { host: "h2" }, monitors: [monitor], ...more };
}

/**
 * The forms that `npm run bench -- dataplane` measures and `data-plane-counts.test.ts` counts. A new form
 * is one row.
 */
export const DELIVERY_FORMS: readonly DeliveryForm[] = [
  { name: "no tap", policies: [] },
  { name: "mirror, same switch", policies: [], mirror: "same switch" },
  { name: "copy, same switch", policies: [tap(NEAR)] },
  { name: "mirror, across links", policies: [], mirror: "across the links" },
  { name: "rewrite", policies: [tap(FAR, { copy: { delivery: "rewrite" } })] },
  {
    name: "rewrite with IP",
    policies: [tap(FAR, { copy: { delivery: "rewrite", rewriteIp: true } })],
  },
  { name: "tag", policies: [tap(FAR, { copy: { delivery: "tag" } })] },
];
