// SPDX-License-Identifier: Apache-2.0
import { Band, type FlowIdentity, flowKey, TAP_TABLE } from "../../flow-model/index.ts";
import {
  type Action,
  type Instruction,
  NX_IN_PORT,
  NX_PRESENT_TABLE,
  type OxmField,
} from "../../openflow/index.ts";
import { type DividedMatch, dividedMatch } from "../match-region/from-match.ts";
import type { Region } from "../match-region/region.ts";
import { RegionIndex } from "../match-region/region-index.ts";

/** A flow entry of another application. */
export interface ForeignEntry extends FlowIdentity {
  readonly instructions: readonly Instruction[];
}

interface Item<E> {
  readonly region: Region;
  readonly others: readonly OxmField[];
  readonly entry: E;
}

/**
 * Finds the flow entries of other applications that take frames before a rule of OpenVTAP: entries of the
 * same table, of at least the rule's priority, whose matches have frames in common with the rule's. Of two
 * entries of one priority the switch may choose either, so these count.
 *
 * What counts although the rule may get its frames: an entry whose common frames another rule of
 * OpenVTAP takes first. What does not count: an entry in the very place of the rule (the switch holds only
 * one of the two), a part of a conjunctive match (only the entry with its `conj_id` takes frames), an entry
 * that hands its frames back to the tap table, where the rule has its turn, and one that drops VLAN 4095.
 */
export class PrecedingEntries<E extends ForeignEntry> {
  readonly #indexes = new Map<number, RegionIndex<Item<E>>>();
  #highest = -1;

  /** Adds an entry; returns whether it can precede a rule that makes, carries or recovers copies. */
  add(entry: E): boolean {
    if (entry.priority < LOWEST || !takesFrames(entry) || dropsNoVlan(entry)) return false;
    const divided = dividedMatch(entry.match);
    if (divided === undefined) return false;
    const index = this.#indexes.get(entry.table) ?? new RegionIndex();
    this.#indexes.set(entry.table, index);
    index.add({ ...divided, entry });
    this.#highest = Math.max(this.#highest, entry.priority);
    return true;
  }

  /** The entries that take frames before a rule, in any order. */
  before(rule: FlowIdentity): readonly E[] {
    if (rule.priority > this.#highest) return NONE;
    const index = this.#indexes.get(rule.table);
    const divided = index && dividedMatch(rule.match);
    if (index === undefined || divided === undefined) return NONE;
    const found: E[] = [];
    for (const { entry, others } of index.overlapping(divided.region)) {
      if (entry.priority < rule.priority || !mayMeet(divided, others)) continue;
      const isRival = entry.priority > rule.priority || flowKey(entry) !== flowKey(rule);
      if (isRival) found.push(entry);
    }
    return found;
  }
}

const NONE: readonly never[] = [];

/** No rule that makes, carries or recovers copies has a lower priority. */
const LOWEST = Band.rewriting;

/** Fields that are zero when a frame enters a switch, unless an entry there has set them. */
const ZERO_AT_ENTRY = /^(metadata|x{0,2}reg\d+|ct[A-Z].*)$/;

/** The register by which OpenVTAP's own rules for discovery pass frames to the tap table again. */
const PASS_REGISTER = "reg0";

/**
 * Whether a frame that a rule matches may satisfy the fields that another match has beyond its region. What the
 * rule does not match on is zero, or unknown.
 */
function mayMeet(rule: DividedMatch, others: readonly OxmField[]): boolean {
  return others.every((item) => {
    if (!("value" in item)) return true;
    const own = rule.others.find(({ field }) => field === item.field);
    if (own !== undefined && "value" in own) return isCompatible(own, item);
    if (item.field === PASS_REGISTER || !ZERO_AT_ENTRY.test(item.field)) return true;
    return BigInt(item.value) === 0n;
  });
}

type KnownField = Extract<OxmField, { readonly value: unknown }>;

function isCompatible(a: KnownField, b: KnownField): boolean {
  const all = -1n;
  const common = BigInt(a.mask ?? all) & BigInt(b.mask ?? all);
  return (BigInt(a.value) & common) === (BigInt(b.value) & common);
}

/** VLAN 4095, as a match has it. @spec IEEE 802.1Q §9.6, OpenFlow 1.4.1 §7.2.3.7 */
const NO_VLAN = 0x1fff;

/** Whether an entry drops VLAN 4095, which no frame may have; the agent of OpenStack has one on every bridge. */
function dropsNoVlan({ match, instructions }: ForeignEntry): boolean {
  const isNoVlan = match.some(
    (item) =>
      item.field === "vlanVid" && "value" in item && item.value === NO_VLAN && !("mask" in item),
  );
  return isNoVlan && instructions.length === 0;
}

function takesFrames({ instructions }: ForeignEntry): boolean {
  return !instructions.some(
    (each) => each.type === "applyActions" && each.actions.some(handsFramesOn),
  );
}

/** A part of a conjunctive match, or a resubmit to the tap table as a frame of the same port. */
function handsFramesOn(action: Action): boolean {
  if (action.type === "nxConjunction") return true;
  if (action.type !== "nxResubmit" && action.type !== "nxResubmitTable") return false;
  const isTapTable = action.type === "nxResubmit" || TABLES.has(action.tableId);
  return isTapTable && action.inPort === NX_IN_PORT;
}

const TABLES: ReadonlySet<number> = new Set([TAP_TABLE, NX_PRESENT_TABLE]);
