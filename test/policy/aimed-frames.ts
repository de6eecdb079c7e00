// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { type FrameFields, frameFields } from "../../src/packet/index.ts";
import type { Policy } from "../../src/policy/index.ts";
import { expandTerms } from "../../src/policy/match-region/expand-terms.ts";
import type { Region } from "../../src/policy/match-region/region.ts";
import { addressTerms } from "../../src/policy/model/party.ts";
import type { Party } from "../../src/policy/model/policy.ts";
import { directedViews, viewQueryIn } from "../../src/policy/placement/directed-views.ts";
import { type Place, placeOf } from "../../src/policy/placement/placement.ts";
import type { FrameAt } from "../../src/simulation/index.ts";
import type { Topology } from "../../src/topology/index.ts";
import { PLAIN_SHAPE, shapedFrame } from "./frame-shapes.ts";
import { enter, type FramePlan, frameArb } from "./scenarios.ts";

/** A generated frame; with `aim`, changed so that a policy probably selects it. */
export interface AimedPlan extends FramePlan {
  /** Selects the policy, its direction and one of its alternatives. */
  readonly aim: number | undefined;
}

export const aimedArb: fc.Arbitrary<AimedPlan> = fc
  .tuple(frameArb, fc.option(fc.nat(10_000), { nil: undefined, freq: 4 }))
  .map(([plan, aim]) => ({ ...plan, aim }));

/** A frame at the port by which it enters. Random frames seldom match a policy; most of these do. */
export function enterAimed(
  { aim, ...plan }: AimedPlan,
  policies: readonly Policy[],
  topology: Topology,
): FrameAt {
  const entering = enter(plan, topology);
  const policy = aim === undefined ? undefined : policies[aim % policies.length];
  if (aim === undefined || policy === undefined) return entering;
  const views = directedViews(policy, viewQueryIn(topology));
  const view = views[(aim >> 3) % Math.max(1, views.length)];
  if (view === undefined) return entering;
  const from = somePlace(topology, view.from, aim >> 4);
  const to = somePlace(topology, view.to, aim >> 5);
  const terms = [
    ...addressTerms(view.from, "Src"),
    ...addressTerms(view.to, "Dst"),
    ...view.filters,
  ];
  const regions = expandTerms(terms, 4096) ?? [];
  const region = regions[(aim >> 4) % Math.max(1, regions.length)];
  const addresses = {
    ethSrc: macAt(topology, from) ?? plan.fields.ethSrc ?? 0,
    ethDst: macAt(topology, to) ?? plan.fields.ethDst ?? 0,
  };
  const bytes = shapedFrame(withRequired(plan.fields, region, addresses), plan.shape);
  return from === undefined ? { ...entering, bytes } : { dpid: from.dpid, port: from.port, bytes };
}

const REVERSE: Readonly<Record<string, string>> = {
  Src: "Dst",
  Dst: "Src",
  Spa: "Tpa",
  Tpa: "Spa",
  Sha: "Tha",
  Tha: "Sha",
};

/** The frame of the same flow in the other direction; none where the frame is for a group. */
export function answerTo({ bytes }: FrameAt, topology: Topology): FrameAt[] {
  const fields = frameFields(bytes) ?? {};
  const answer: Partial<FrameFields> = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name.replace(/(Src|Dst|Spa|Tpa|Sha|Tha)$/, (end) => REVERSE[end] ?? end),
      value,
    ]),
  );
  const isFromGroup = Math.floor(Number(answer.ethSrc) / 2 ** 40) % 2 === 1;
  return isFromGroup ? [] : [enter({ in: -1, fields: answer, shape: PLAIN_SHAPE }, topology)];
}

function somePlace(topology: Topology, party: Party, pick: number): Place | undefined {
  const placement = placeOf(topology, party, "sender");
  if (placement.kind === "nowhere") return undefined;
  return placement.places[pick % placement.places.length];
}

function macAt(topology: Topology, place: Place | undefined): number | undefined {
  if (place === undefined) return undefined;
  return place.mac ?? topology.macsAt(place.dpid, place.port)[0];
}

/** Fields with the values that a region requires; fields that contradict its Ethernet type are dropped. */
function withRequired(
  fields: Partial<FrameFields>,
  region: Region | undefined,
  addresses: { readonly ethSrc: number; readonly ethDst: number },
): Partial<FrameFields> {
  const { vlanVid, vlanPcp, ethType } = fields;
  const required = new Map(region?.constraints.map(({ field, value }) => [field.name, value]));
  const keepsType = !required.has("ethType") || required.get("ethType") === ethType;
  const keepsProtocol = !required.has("ipProto") || required.get("ipProto") === fields.ipProto;
  const tag = vlanVid ? { vlanVid, ...(vlanPcp === undefined ? {} : { vlanPcp }) } : {};
  const kept = keepsType && keepsProtocol ? fields : tag;
  return { ...kept, ...addresses, ...Object.fromEntries(required) };
}
