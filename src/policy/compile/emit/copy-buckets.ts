import type { ActionSpec, BucketSpec, EntryRef, MeterSpec } from "../../../flow-model/index.ts";
import { output, pushVlan, setField } from "../../../openflow/index.ts";
import type { Dpid, IpAddress } from "../../../topology/index.ts";
import type { Treatment } from "../../model/treatment.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import type { Case } from "../model/flow-classes.ts";
import { PLAIN } from "../model/flow-classes.ts";
import {
  etherTypeOf,
  type MarkedPair,
  markedPair,
  setIpDestination,
  type TapMarks,
} from "../model/tap-marks.ts";
import { type TapVlans, vlanClaim } from "../model/tap-vlans.ts";
import type { Copy } from "../overlap/copy.ts";
import { type Journey, type Passage, type SupportRules, VID_PRESENT } from "./copy-path-rules.ts";
import type { FlowTables } from "./flow-tables.ts";
import type { DetourRules, TreatmentRules } from "./treatment-rules.ts";

/** Ethertype of the tag that carries copies (IEEE 802.1ad service tag). */
const SERVICE_TAG = 0x88a8;

/** What the tables of all switches share. */
export interface Shared {
  readonly tables: FlowTables;
  readonly marks: TapMarks;
  readonly vlans: TapVlans;
  readonly support: SupportRules;
  readonly treatments: TreatmentRules;
}

/** What the copies of one case have acquired. */
export interface Held {
  readonly copy: Copy;
  /** The pair whose mark the copies have. */
  readonly pair: MarkedPair | undefined;
  /** What their VLAN id was asked for. */
  readonly vlan: string | undefined;
  /** Undefined when the monitor is on this switch, or is `stuck`. */
  readonly passage: Passage | undefined;
  /** There was no VLAN id left for the monitor: no copy is made. */
  readonly isStuck: boolean;
  readonly detour: DetourRules | undefined;
}

/** The identities whose numbers are other ones than before, so that what uses them is written anew. */
export interface Moved {
  readonly pairs: ReadonlySet<string>;
  readonly vlans: ReadonlySet<string>;
  readonly treatments: ReadonlySet<string>;
}

/** Makes the buckets that send copies from one switch. */
export class CopyBuckets {
  readonly #dpid: Dpid;
  readonly #shared: Shared;

  constructor(dpid: Dpid, shared: Shared) {
    this.#dpid = dpid;
    this.#shared = shared;
  }

  /** The buckets of a copy, one for each of its cases; what they acquire is added to `held`. */
  make(copy: Copy, held: Held[]): BucketSpec[] {
    if (copy.cases === PLAIN && copy.way.kind === "direct") {
      return [{ role: "copy", actions: [output(copy.port)] }];
    }
    return copy.cases.flatMap((each) => this.#bucket(copy, each, held));
  }

  /** Gives back what `make` acquired. */
  release(held: readonly Held[]): void {
    const { support, marks, vlans, treatments } = this.#shared;
    for (const { passage, pair, vlan, detour } of held) {
      if (passage !== undefined) support.release(passage);
      if (pair !== undefined) marks.release(pair);
      if (vlan !== undefined) vlans.release(vlan);
      if (detour !== undefined) treatments.release(detour);
    }
  }

  #bucket(copy: Copy, { share, treatment }: Case, held: Held[]): BucketSpec[] {
    const { monitor, port, out } = copy;
    const { truncate, sample, limit } = treatment;
    const departure = this.#depart(copy, truncate);
    const { journey, pair, vlan } = departure;
    const isLocal = copy.way.kind === "direct" || copy.way.kind === "tunnel";
    const isStuck = !isLocal && journey === undefined;
    if (isStuck) {
      held.push({ copy, pair, vlan, passage: undefined, isStuck, detour: undefined });
      return [];
    }
    const passage = journey && this.#shared.support.acquire(this.#dpid, monitor, journey);
    const actions = journey === undefined ? tunnelActions(copy) : departureActions(journey);
    // A link may be a patch port, which takes no truncating output: the monitor's switch does it.
    const cut = journey === undefined ? truncate : undefined;
    const meter = limit && meterOf(limit, monitor);
    const ethType = pair?.ip && etherTypeOf(pair.ip.original);
    const wanted = { sample, share, actions, ethType, out, truncate: cut, meter };
    const detour = [sample, share, cut, meter].some((each) => each !== undefined)
      ? this.#shared.treatments.acquire(this.#dpid, wanted)
      : undefined;
    held.push({ copy, pair, vlan, passage, isStuck, detour });
    const needs = [...(passage?.refs ?? []), ...(detour?.refs ?? [])];
    const sent = detour?.actions ?? [...actions, output(port)];
    const isWhole = copy.cases.length === 1 && share === undefined;
    return [
      {
        role: "copy",
        actions: sent,
        ...(needs.length > 0 ? { needs } : {}),
        ...(isWhole ? { copyOf: monitor.key } : {}),
      },
    ];
  }

  /** How the copies of a case set out. Copies that are cut at the end are told from whole ones. */
  #depart({ monitor, way }: Copy, truncate: number | undefined): Departure {
    if (way.kind === "direct" || way.kind === "tunnel") return NO_DEPARTURE;
    if (way.kind === "rewrite") {
      const pair = truncate === undefined ? way.pair : markedPair({ ...way.pair, truncate });
      const mark = this.#shared.marks.acquire(pair);
      return { journey: { kind: "rewrite", pair, mark }, pair, vlan: undefined };
    }
    const name = vlanClaim(monitor.key, truncate);
    const vlan = this.#shared.vlans.acquire(name);
    const journey = vlan === undefined ? undefined : ({ kind: "tag", vlan, truncate } as const);
    return { journey, pair: undefined, vlan: name };
  }
}

interface Departure {
  readonly journey: Journey | undefined;
  readonly pair: MarkedPair | undefined;
  readonly vlan: string | undefined;
}

/** A policy's copies for a monitor share one rate on a switch, whatever frames they are of. */
function meterOf(
  { unit, rate, of }: NonNullable<Treatment["limit"]>,
  { key }: PlacedMonitor,
): MeterSpec {
  return { unit: unit === "pps" ? "pktps" : unit, rate, owner: `${of} ${key}` };
}

const NO_DEPARTURE: Departure = { journey: undefined, pair: undefined, vlan: undefined };

function tunnelActions({ way }: Copy): ActionSpec[] {
  if (way.kind !== "tunnel") return [];
  const { remote, key } = way.tunnel;
  return [
    ...(key === undefined ? [] : [setField("tunnelId", BigInt(key))]),
    ...(remote === undefined ? [] : [tunnelEnd(remote)]),
  ];
}

function tunnelEnd(remote: IpAddress): ActionSpec {
  return remote.family === 4
    ? setField("tunDst", remote.value)
    : setField("tunIpv6Dst", remote.value);
}

function departureActions(journey: Journey): ActionSpec[] {
  if (journey.kind === "tag") {
    return [pushVlan(SERVICE_TAG), setField("vlanVid", VID_PRESENT + journey.vlan)];
  }
  const { monitor, ip } = journey.pair;
  const addresses = [setField("ethDst", monitor), setField("ethSrc", journey.mark)];
  return ip === undefined ? addresses : [...addresses, setIpDestination(ip.monitor)];
}

/** Whether any of the numbers that copies use is another one. */
export function isMoved({ pair, vlan, detour }: Held, moved: Moved): boolean {
  return (
    (pair !== undefined && moved.pairs.has(pair.key)) ||
    (vlan !== undefined && moved.vlans.has(vlan)) ||
    (detour?.claims.some((claim) => moved.treatments.has(claim)) ?? false)
  );
}

/** The entries that copies rely on besides the rule that makes them. */
export function entriesOf({ passage, detour }: Held): readonly EntryRef[] {
  if (detour === undefined) return passage?.refs ?? [];
  return [...(passage?.refs ?? []), ...detour.refs];
}
