// SPDX-License-Identifier: Apache-2.0

import type { BucketSpec, EntryRef, MeterSpec } from "../../../flow-model/index.ts";
import { type Action, output, pushVlan, setField } from "../../../openflow/index.ts";
import type { Dpid } from "../../../topology/index.ts";
import { VID_PRESENT } from "../../match-region/fields.ts";
import type { Treatment } from "../../model/treatment.ts";
import { tunnelActions } from "../../model/tunnel-actions.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import { writeAddress } from "../model/address-block.ts";
import { type FlowClass, UNTREATED } from "../model/flow-classes.ts";
import { substituteFor } from "../model/reserved-frames.ts";
import { etherTypeOf, setIpDestination } from "../model/tap-marks.ts";
import type { Copy } from "../overlap/copy.ts";
import type { CopyNumbers, NumberKeys } from "./copy-numbers.ts";
import type { CopyPath, CopyPathRules } from "./copy-path-rules.ts";
import type { FlowTables } from "./flow-tables.ts";
import type { OverlayProbe, OverlayProbes } from "./overlay-probes.ts";
import type { PathProbe, PathProbes } from "./path-probes.ts";
import type { PathMarking } from "./planned-rules.ts";
import type { TreatmentHopRules, TreatmentRules } from "./treatment-rules.ts";

/** Ethertype of the tag that carries copies (IEEE 802.1ad service tag). */
const SERVICE_TAG = 0x88a8;

/** The collaborators that the rule writers of all switches share. */
export interface EmitDeps {
  readonly tables: FlowTables;
  readonly numbers: CopyNumbers;
  readonly copyPaths: CopyPathRules;
  readonly probes: PathProbes;
  readonly overlayProbes: OverlayProbes;
  readonly treatments: TreatmentRules;
}

/** The resources that the copies of one flow class have acquired. */
export interface CopyResources extends NumberKeys {
  readonly copy: Copy;
  /** Bytes of each copy; undefined: all. */
  readonly truncate: number | undefined;
  /** Undefined when the monitor is on this switch, or when `lacksNumber`. */
  readonly path: CopyPath | undefined;
  /** The probe of their way; undefined where they cross no links, or when ways are not probed. */
  readonly probe: PathProbe | undefined;
  /** The probes of their tunnel to another bridge; undefined as `probe` is. */
  readonly overlayProbe: OverlayProbe | undefined;
  /** No VLAN id, or no mark, was free: no copy is made. */
  readonly lacksNumber: boolean;
  readonly hop: TreatmentHopRules | undefined;
}

/** The keys whose numbers changed: entries that use the numbers must be written again. */
export interface Renumbered {
  readonly pairs: ReadonlySet<string>;
  readonly ends: ReadonlySet<string>;
  readonly vlans: ReadonlySet<string>;
  readonly treatments: ReadonlySet<string>;
}

/** Makes the buckets that send copies from one switch. */
export class CopyBuckets {
  readonly #dpid: Dpid;
  readonly #deps: EmitDeps;

  constructor(dpid: Dpid, deps: EmitDeps) {
    this.#dpid = dpid;
    this.#deps = deps;
  }

  /** The buckets of a copy, one for each flow class; what they acquire is added to `resources`. */
  make(copy: Copy, resources: CopyResources[]): BucketSpec[] {
    if (copy.flowClasses === UNTREATED && copy.transport.kind === "direct") {
      const { entry } = copy.transport;
      const needs = entry === undefined ? {} : { needs: [entry] };
      return [{ role: "copy", actions: [output(copy.port)], ...needs }];
    }
    return copy.flowClasses.flatMap((each) => this.#bucket(copy, each, resources));
  }

  /** Releases what `make` acquired. */
  release(resources: readonly CopyResources[]): void {
    const { copyPaths, probes, overlayProbes, numbers, treatments } = this.#deps;
    for (const { path, probe, overlayProbe, hop, ...keys } of resources) {
      if (probe !== undefined) probes.release(probe);
      if (overlayProbe !== undefined) overlayProbes.release(overlayProbe);
      if (path !== undefined) copyPaths.release(path);
      numbers.release(keys);
      if (hop !== undefined) treatments.release(hop);
    }
  }

  #bucket(copy: Copy, { share, treatment }: FlowClass, resources: CopyResources[]): BucketSpec[] {
    const { monitor, port } = copy;
    const { truncate } = treatment;
    const { marking, ...numbers } = this.#deps.numbers.acquire(copy, truncate);
    const isLocal = UNMARKED.has(copy.transport.kind);
    const lacksNumber = !isLocal && marking === undefined;
    if (lacksNumber) {
      const none = { path: undefined, probe: undefined, overlayProbe: undefined, hop: undefined };
      resources.push({ copy, truncate, ...numbers, ...none, lacksNumber });
      return [];
    }
    const path = marking && this.#deps.copyPaths.acquire(this.#dpid, monitor, marking);
    const probe = marking && path && this.#deps.probes.acquire(this.#dpid, copy, marking, path);
    const actions = marking === undefined ? unmarkedActions(copy) : markingActions(marking);
    const hop = this.#hop(copy, { share, treatment }, marking, actions);
    const { transport } = copy;
    const overlayProbe =
      transport.kind === "overlay"
        ? this.#deps.overlayProbes.acquire(this.#dpid, transport.overlay)
        : undefined;
    resources.push({ copy, truncate, ...numbers, path, probe, overlayProbe, lacksNumber, hop });
    const needs = [
      ...deliveriesOf(transport),
      ...(path?.needs ?? []),
      ...(probe?.needs ?? []),
      ...(hop?.refs ?? []),
    ];
    const isWhole = copy.flowClasses.length === 1 && share === undefined;
    return [
      {
        role: "copy",
        actions: hop?.actions ?? [...actions, output(port)],
        ...(needs.length > 0 ? { needs } : {}),
        ...(isWhole ? { copyOf: monitor.key } : {}),
      },
    ];
  }

  /** The treatment hop of a flow class; undefined when its copies need none at this switch. */
  #hop(
    { monitor, out, isIsolated }: Copy,
    { share, treatment: { sample, truncate, limit } }: FlowClass,
    marking: PathMarking | undefined,
    actions: readonly Action[],
  ): TreatmentHopRules | undefined {
    // A link may be a patch port, which takes no truncating output: the monitor's switch truncates.
    const cut = marking === undefined ? truncate : undefined;
    const meter = limit && meterOf(limit, monitor);
    const isTreated = [sample, share, cut, meter].some((each) => each !== undefined);
    if (!isTreated && !isIsolated) return undefined;
    const ip = marking?.kind === "rewrite" ? marking.pair.ip : undefined;
    const ethType = ip && etherTypeOf(ip.original);
    const leaving = { actions, ethType, out, truncate: cut, meter, isIsolated };
    return this.#deps.treatments.acquire(this.#dpid, { sample, share, isTreated, ...leaving });
  }
}

/** All copies of a policy for a monitor share one rate on a switch, or all copies of the name under which it is shared. */
function meterOf(
  { unit, rate, burst, of, sharedAs }: NonNullable<Treatment["limit"]>,
  { key }: PlacedMonitor,
): MeterSpec {
  const owner = sharedAs ?? `${of} ${key}`;
  return { unit: unit === "pps" ? "pktps" : unit, rate, burst, owner };
}

/** How copies are carried that need no mark on their way. */
const UNMARKED: ReadonlySet<Copy["transport"]["kind"]> = new Set(["direct", "tunnel", "overlay"]);

/** The entries that hand copies to their monitor at another bridge. */
function deliveriesOf(transport: Copy["transport"]): readonly EntryRef[] {
  if (transport.kind === "overlay") return transport.overlay.entries;
  return transport.kind === "direct" && transport.entry !== undefined ? [transport.entry] : [];
}

function unmarkedActions({ transport }: Copy): readonly Action[] {
  if (transport.kind === "tunnel") return tunnelActions(transport.tunnel);
  return transport.kind === "overlay" ? tunnelActions(transport.overlay) : [];
}

function markingActions(marking: PathMarking): Action[] {
  if (marking.kind === "tag") {
    const { vlan, reservedDst } = marking;
    const tag = [pushVlan(SERVICE_TAG), setField("vlanVid", VID_PRESENT + vlan)];
    return reservedDst === undefined
      ? tag
      : [...tag, writeAddress("ethDst", substituteFor(reservedDst))];
  }
  if (marking.kind === "mark") {
    return [writeAddress(marking.end.side, { ...marking.end, address: marking.mark })];
  }
  const { monitor, ip } = marking.pair;
  const addresses = [setField("ethDst", monitor), setField("ethSrc", marking.mark)];
  return ip === undefined ? addresses : [...addresses, setIpDestination(ip.monitor)];
}

/** Whether any of the numbers that copies use changed. */
export function isRenumbered(resources: CopyResources, renumbered: Renumbered): boolean {
  const { vlan, probe, hop } = resources;
  return (
    isMarkRenumbered(resources, renumbered) ||
    (vlan !== undefined && renumbered.vlans.has(vlan)) ||
    (probe !== undefined && isMarkRenumbered(probe.mark, renumbered)) ||
    (hop?.idKeys.some((key) => renumbered.treatments.has(key)) ?? false)
  );
}

function isMarkRenumbered(
  { pair, end }: Pick<CopyResources, "pair" | "end">,
  { pairs, ends }: Renumbered,
): boolean {
  return (pair !== undefined && pairs.has(pair.key)) || (end !== undefined && ends.has(end.key));
}

/** The entries on which copies depend besides the rule that makes them. */
export function entriesOf({ path, probe, hop }: CopyResources): readonly EntryRef[] {
  const needs = probe?.needs ?? [];
  if (hop === undefined && needs.length === 0) return path?.refs ?? [];
  return [...(path?.refs ?? []), ...needs, ...(hop?.refs ?? [])];
}
