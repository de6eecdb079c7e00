// SPDX-License-Identifier: Apache-2.0
import type { Region } from "../../match-region/region.ts";
import type { PolicyId } from "../../model/policy.ts";
import type { SwitchView } from "../network/switch-view.ts";
import type { Piece, Tap } from "../taps/tap.ts";
import { carriageOf } from "./carriage.ts";
import type { Copy } from "./copy.ts";
import { type NumberNeed, numberKey, numberKindOf } from "./number-need.ts";
import { type CopyRequest, resolveElement } from "./resolve-element.ts";
import { requestsFor } from "./tap-point-selection.ts";

/** Copies for a monitor that are not made, because no number is free for them. */
export interface LackingCopies {
  readonly copy: Copy;
  readonly truncate: number | undefined;
  /** The policies whose copies need this number when no other policy requests any. */
  readonly own: readonly PolicyId[];
  /** Those whose copies need it only together with the others'. */
  readonly others: readonly PolicyId[];
}

/** Adds the policies that request some copies of an element's frames, for which no number is free. */
export function lackingCopies(
  copies: readonly Pick<LackingCopies, "copy" | "truncate">[],
  region: Region,
  pieces: readonly Piece[],
  at: SwitchView,
): LackingCopies[] {
  const requests: CopyRequest[] = [];
  const needs: NumberNeed[] = [];
  resolveElement(region, pieces, at, requests, needs);
  return copies.map(({ copy, truncate }) => {
    const { key } = copy.monitor;
    const number = numberKey(copy, truncate);
    const requesting = requests.flatMap(({ tap, monitor, blocker }) =>
      monitor.key === key && blocker === undefined ? [{ tap, monitor }] : [],
    );
    const own =
      numberKindOf(copy) === "pair"
        ? requesting.filter(({ tap, monitor }) => isByPair(carriageOf(tap, monitor, region, at)))
        : needs.filter((need) => need.key === number);
    const delegating = pieces.filter(
      ({ kind, tap }) => kind === "delegate" && requestsFor(tap, key, region).length > 0,
    );
    return {
      copy,
      truncate,
      own: policiesOf(own),
      others: policiesOf([...requesting, ...delegating]),
    };
  });
}

function isByPair(carriage: ReturnType<typeof carriageOf>): boolean {
  return "by" in carriage && carriage.by === "rewrite";
}

function policiesOf(taps: readonly { readonly tap: Tap }[]): PolicyId[] {
  return [...new Set(taps.map(({ tap }) => tap.policy.id))];
}
