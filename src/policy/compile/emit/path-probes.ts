// SPDX-License-Identifier: Apache-2.0
import {
  Band,
  type EntryRef,
  entryRef,
  type FlowSpec,
  type MeterSpec,
  TAP_TABLE,
} from "../../../flow-model/index.ts";
import { type Match, NO_TRUNCATION } from "../../../openflow/index.ts";
import type { Dpid, PortNo } from "../../../topology/index.ts";
import type { CompileEnvironment } from "../model/environment.ts";
import type { OneSidedMarks } from "../model/one-sided-marks.ts";
import type { CopyWay } from "../model/policy-plan.ts";
import type { TapMarks } from "../model/tap-marks.ts";
import type { Copy } from "../overlap/copy.ts";
import type { CopyPath } from "./copy-path-rules.ts";
import type { FlowTables } from "./flow-tables.ts";
import type { PathMarking } from "./planned-rules.ts";
import { addressedProbe, type ProbeMark, ProbeMarks, wayKind } from "./probe-marks.ts";

type Route = CopyPath["route"];

/** The probes of the way that copies with one kind of marking take from one switch to a monitor. */
export interface PathProbe {
  readonly id: string;
  readonly route: Route;
  readonly mark: ProbeMark;
  /** Undefined: the way cannot be probed. */
  readonly way: CopyWay | undefined;
  /** Why it cannot, a clause. */
  readonly why: string;
  /** The rule that catches its probes. */
  readonly catcher: { readonly dpid: Dpid; readonly flow: FlowSpec } | undefined;
  /** The entries on which copies depend, so that no probe reaches the monitor. */
  readonly needs: readonly EntryRef[];
  users: number;
}

/** The probes that a switch sends to the controller per second; OpenVTAP sends fewer. */
const CAUGHT_METER: MeterSpec = { unit: "pktps", rate: 500, burst: 500, owner: "path probes" };

/**
 * The probes of the ways that copies take. A probe has the marking of the copies, so that the same transit rules
 * forward it, and an address or a mark that no copy has: by that a rule above the recovery rules sends it from
 * the monitor's switch to the controller. There is one such rule for each monitor, kind of marking and ingress
 * link, however many copies take the way.
 *
 * The probes of marked copies have a mark of their own. Where the rule that catches them is lost, no recovery
 * rule restores them: they are dropped as every stray is. The probes of tagged copies have the tag of the copies,
 * and the recovery rule would deliver them. So tagged copies depend on the rule that catches the probes: it stays
 * on its switch as long as the bucket that makes the copies.
 */
export class PathProbes {
  readonly #isOn: boolean;
  readonly #tables: FlowTables;
  readonly #marks: ProbeMarks;
  /** By route, then by id. */
  readonly #probes = new Map<Route, Map<string, PathProbe>>();

  constructor(
    environment: CompileEnvironment,
    tables: FlowTables,
    allocators: { readonly marks: TapMarks; readonly oneSided: OneSidedMarks },
  ) {
    this.#isOn = environment.pathProbes ?? false;
    this.#tables = tables;
    this.#marks = new ProbeMarks({ ...allocators, markKey: environment.markKey });
  }

  /**
   * Acquires the probe of the way that copies take from a switch, for one more user; undefined: ways are not
   * probed.
   */
  acquire(from: Dpid, copy: Copy, marking: PathMarking, path: CopyPath): PathProbe | undefined {
    const { route } = path;
    if (!this.#isOn || route.hops.length < 2) return undefined;
    const mark = this.#marks.acquire(copy.monitor, marking);
    const kind = wayKind(copy.monitor, marking);
    const id = `${kind} ${marking.kind === "tag" ? marking.vlan : mark.number}`;
    const probes = this.#probes.get(route) ?? new Map<string, PathProbe>();
    this.#probes.set(route, probes);
    let probe = probes.get(id);
    if (probe === undefined) {
      probe = this.#make({ id, way: `${from} ${kind}`, from, copy, marking, path, mark });
      probes.set(id, probe);
    }
    probe.users++;
    return probe;
  }

  /** Releases a probe for one user. */
  release(probe: PathProbe): void {
    this.#marks.release(probe.mark);
    probe.users--;
    if (probe.users > 0) return;
    const { route, id, catcher } = probe;
    const probes = this.#probes.get(route);
    probes?.delete(id);
    if (probes?.size === 0) this.#probes.delete(route);
    if (catcher !== undefined) this.#tables.deleteFlow(catcher.dpid, catcher.flow);
  }

  #make({ id, way, from, copy, marking, path, mark }: NewProbe): PathProbe {
    const { route } = path;
    const common = { id, route, mark, users: 0 };
    const unprobed = (why: string) => {
      return { ...common, way: undefined, why, catcher: undefined, needs: [] };
    };
    const last = route.hops.at(-1);
    if (last?.inPort === undefined) return unprobed("it has no links");
    if (last.plainName !== undefined) {
      return unprobed(`switch ${last.plainName} is not Open vSwitch and cannot catch probes`);
    }
    const addressed = addressedProbe(mark, marking, last.inPort);
    if (addressed === undefined) return unprobed("no tap mark is free for its probes");
    const flow = caughtBy(addressed.caught);
    const caught = entryRef(last.dpid, this.#tables.set(last.dpid, flow));
    const entries = [
      ...path.rules.flatMap((rule) => (rule.flow.category === "transit" ? [rule.ref] : [])),
      ...(path.gate === undefined ? [] : [path.gate.ref]),
    ];
    const { header } = addressed;
    // Copies that cross links leave by the port of a link, at the first switch of the route.
    const out = copy.out as PortNo;
    const hops = route.hops.slice(1);
    return {
      ...common,
      way: {
        ...{ id: way, marking: markingName(marking), from, out, hops },
        ...{ header, entries, caught },
      },
      why: "",
      catcher: { dpid: last.dpid, flow },
      needs: marking.kind === "tag" ? [caught] : [],
    };
  }
}

/** What a probe is made of. */
interface NewProbe {
  readonly id: string;
  /** The identity of its way. */
  readonly way: string;
  readonly from: Dpid;
  readonly copy: Copy;
  readonly marking: PathMarking;
  readonly path: CopyPath;
  readonly mark: ProbeMark;
}

/** The rule that sends the probes that it matches to the controller. */
export function caughtBy(match: Match): FlowSpec {
  return {
    table: TAP_TABLE,
    priority: Band.probe,
    match,
    category: "probe",
    actions: [{ type: "punt", maxLen: NO_TRUNCATION, meter: CAUGHT_METER }],
  };
}

function markingName(marking: PathMarking): CopyWay["marking"] {
  if (marking.kind !== "mark") return marking.kind;
  return marking.end.side === "ethSrc" ? "sourceMark" : "destinationMark";
}
