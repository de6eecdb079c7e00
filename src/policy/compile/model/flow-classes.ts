// SPDX-License-Identifier: Apache-2.0
import { BALANCE_PARTS, type Part } from "../../model/balance.ts";
import { combined, isWhole, type Treatment, treatmentKey, WHOLE } from "../../model/treatment.ts";

/** The treatment that one policy requests for a monitor's copies of some frames. */
export interface RequestedTreatment {
  readonly treatment: Treatment;
  /** The flows that it requests, by their balancing hash; undefined: all. */
  readonly share: readonly Part[] | undefined;
}

/** Flows whose copies get the same treatment; the classes of a copy have no flow in common. */
export interface FlowClass {
  /** Undefined: all flows. */
  readonly share: readonly Part[] | undefined;
  readonly treatment: Treatment;
}

/** All flows, without any treatment. */
export const UNTREATED: readonly FlowClass[] = [{ share: undefined, treatment: WHOLE }];

/** The classes of the copies for one monitor that several policies request. */
export function flowClassesOf(requested: readonly RequestedTreatment[]): readonly FlowClass[] {
  if (requested.every(({ share }) => share === undefined)) {
    const treatment = combine(requested);
    return isWhole(treatment) ? UNTREATED : [{ share: undefined, treatment }];
  }
  const found = new Map<string, { treatment: Treatment; share: Part[] }>();
  for (const part of elementaryParts(requested)) {
    const requesting = requested.filter(({ share }) => share === undefined || covers(share, part));
    if (requesting.length === 0) continue;
    const treatment = combine(requesting);
    const key = treatmentKey(treatment);
    const known = found.get(key) ?? { treatment, share: [] };
    found.set(key, known);
    const last = known.share.at(-1);
    if (last?.last === part.first - 1) known.share.pop();
    known.share.push(last?.last === part.first - 1 ? { ...part, first: last.first } : part);
  }
  return [...found.values()].map(({ treatment, share }) => ({
    treatment,
    share: isEverything(share) ? undefined : share,
  }));
}

/** A text that is equal for equal classes; "" for untreated copies. */
export function flowClassesKey(classes: readonly FlowClass[]): string {
  if (classes === UNTREATED) return "";
  return classes
    .map(({ share, treatment }) => `${treatmentKey(treatment)};${shareKey(share)}`)
    .join();
}

/** A text that is equal for equal shares. */
export function shareKey(share: readonly Part[] | undefined): string {
  return share?.map(({ first, last }) => `${first}-${last}`).join("+") ?? "";
}

function combine(requested: readonly RequestedTreatment[]): Treatment {
  return requested.map(({ treatment }) => treatment).reduce(combined);
}

/** The parts into which the bounds of all shares together divide the hash values. */
function elementaryParts(requested: readonly RequestedTreatment[]): Part[] {
  const bounds = new Set([0, BALANCE_PARTS]);
  for (const { share } of requested) {
    for (const { first, last } of share ?? []) bounds.add(first).add(last + 1);
  }
  const sorted = [...bounds].sort((a, b) => a - b);
  return sorted.slice(1).map((end, index) => ({ first: sorted[index] ?? 0, last: end - 1 }));
}

function covers(share: readonly Part[], { first, last }: Part): boolean {
  return share.some((each) => each.first <= first && last <= each.last);
}

function isEverything([only, ...more]: readonly Part[]): boolean {
  return more.length === 0 && only?.first === 0 && only.last === BALANCE_PARTS - 1;
}
