// SPDX-License-Identifier: Apache-2.0
import type { PolicyStatus } from "../../contract/policies.ts";
import type { Steps } from "../../lang/steps.ts";
import {
  type Observation,
  type PlannedMirror,
  type Policy,
  type PolicyId,
  type PolicyPlan,
  planMirrors,
  type VlanRange,
} from "../../policy/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import { StepQueue } from "../../runtime/index.ts";
import { Listeners } from "../../runtime/listeners.ts";
import type { Dpid, Host, Topology } from "../../topology/index.ts";
import type { SwitchDatabases } from "../databases/switch-databases.ts";
import type { PolicyEntry, PolicyRegistry } from "../policies/policy-registry.ts";
import { sameStatus } from "../status/policy-status.ts";
import { CrossedSwitches } from "./crossed-switches.ts";
import { type ConflictInputs, mirrorConflict, takenVlan } from "./mirror-conflicts.ts";
import { labelOf } from "./mirror-rows.ts";
import { MirrorWriter } from "./mirror-writer.ts";
import { type RequestedMirror, SwitchMirrors } from "./switch-mirrors.ts";

/** Dependencies of `NativeMirrors`. */
interface NativeMirrorsDeps {
  readonly registry: Pick<PolicyRegistry, "get">;
  /** The policy as it is in effect: suspended or not, before its end or after it. */
  readonly effective: (entry: PolicyEntry) => Policy;
  readonly plan: (id: PolicyId) => PolicyPlan | undefined;
  readonly topology: () => Topology;
  readonly databases: Pick<SwitchDatabases, "connected" | "sessionOf">;
  readonly outlets: ConflictInputs["outlets"];
  readonly switchName: (dpid: Dpid) => string;
  /** Whether OpenVTAP may write to databases. */
  readonly mayWrite: boolean;
  /** VLAN ids of copies that flow entries deliver; undefined: none. */
  readonly tapVlans: VlanRange | undefined;
  readonly clock: Clock;
}

/** Changes that follow each other are handled together, in milliseconds. */
const COALESCE_MS = 20;

/** A mirror and its state, for clients. */
export interface FollowedMirror extends PlannedMirror {
  readonly label: string;
  /** Of its row; undefined: it is not there, or not as it is to be. */
  readonly uuid: string | undefined;
  readonly isConfirmed: boolean;
}

/** What is known of a policy. */
interface Followed {
  readonly status: PolicyStatus;
  readonly mirrors: readonly FollowedMirror[];
}

/** What a policy is about to have. */
interface Gathered {
  readonly errors: Set<string>;
  readonly waits: Set<string>;
  readonly mirrors: FollowedMirror[];
}

/**
 * The policies that are delivered by mirrors of the switches themselves. Whenever policies, the network or a
 * database have changed, what each connected database is to have is computed anew and compared with the
 * rows that it has: so a mirror that another client removes is made again, and one that is no longer
 * desired is removed, after a restart, too.
 */
export class NativeMirrors {
  readonly #deps: NativeMirrorsDeps;
  readonly #queue = new StepQueue();
  readonly #writer: MirrorWriter;
  readonly #crossed = new CrossedSwitches();
  readonly #listeners = new Listeners<[ids: readonly PolicyId[]]>();
  /** The policies with delivery `mirror`, in effect or not. */
  readonly #ids = new Set<PolicyId>();
  #followed: ReadonlyMap<PolicyId, Followed> = new Map();
  /** Policies that have changed since they were compared, with the number of their change. */
  readonly #stale = new Map<PolicyId, number>();
  #changes = 0;
  #scheduled: CancelTimer | undefined;
  #isStarted = false;

  constructor(deps: NativeMirrorsDeps) {
    this.#deps = deps;
    this.#writer = new MirrorWriter(deps.clock, () => this.changed());
  }

  /** Calls back when statuses of policies may differ. */
  subscribe(listener: (ids: readonly PolicyId[]) => void): void {
    this.#listeners.add(listener);
  }

  /** Every policy is known: mirrors of others may be removed from now on. */
  start(): void {
    this.#isStarted = true;
    this.changed();
  }

  close(): void {
    this.#isStarted = false;
    this.#scheduled?.();
    this.#writer.close();
  }

  /** Plans have changed; also called for new and deleted policies. */
  plansChanged(ids: readonly PolicyId[]): void {
    const { registry, plan } = this.#deps;
    const wasEmpty = this.#ids.size === 0;
    for (const id of ids) {
      this.#crossed.set(id, plan(id));
      if (registry.get(id)?.policy.delivery === "mirror") {
        this.#ids.add(id);
        this.#stale.set(id, ++this.#changes);
      } else {
        this.#ids.delete(id);
        this.#stale.delete(id);
      }
    }
    if (!wasEmpty || this.#ids.size > 0) this.changed();
  }

  networkChanged(): void {
    if (this.#ids.size > 0) this.changed();
  }

  /** Policies, the network or a database have changed. */
  changed(): void {
    const isIdle = !this.#deps.mayWrite && this.#ids.size === 0 && this.#followed.size === 0;
    if (!this.#isStarted || this.#scheduled || isIdle) return;
    this.#scheduled = this.#deps.clock.after(COALESCE_MS, () => {
      this.#scheduled = undefined;
      this.#queue.add("ordinary", () => this.#following());
    });
  }

  /** Undefined: no mirrors make the copies of this policy. */
  statusOf(id: PolicyId): PolicyStatus | undefined {
    return this.#stale.has(id) ? STALE : this.#followed.get(id)?.status;
  }

  mirrorsOf(id: PolicyId): readonly FollowedMirror[] {
    return this.#followed.get(id)?.mirrors ?? [];
  }

  /** The policies whose mirrors select frames of the port of a host, with their monitors; in order of their ids. */
  observing({ dpid, port }: Pick<Host, "dpid" | "port">): readonly Observation[] {
    const found: Observation[] = [];
    for (const [id, { mirrors }] of this.#followed) {
      const selecting = mirrors.filter(
        (each) =>
          each.uuid !== undefined &&
          each.dpid === dpid &&
          (each.isAll || [...each.sources, ...each.destinations].some((other) => other === port)),
      );
      if (selecting.length === 0) continue;
      found.push({ id, monitors: [...new Set(selecting.map(({ monitor }) => monitor))] });
    }
    return found;
  }

  *#following(): Steps<void> {
    const stale = [...this.#stale];
    const gathered = new Map<PolicyId, Gathered>();
    const requested = new Map<Dpid, RequestedMirror[]>();
    /** Those that may get mirrors when the network is known better. */
    const waiting = new Set<PolicyId>();
    for (const id of [...this.#ids].sort()) {
      yield;
      this.#gather(id, { gathered, requested, waiting });
    }
    for (const dpid of new Set([...requested.keys(), ...this.#deps.databases.connected])) {
      yield;
      this.#follow(dpid, requested.get(dpid) ?? [], { gathered, waiting });
    }
    const before = this.#followed;
    this.#followed = new Map([...gathered].map(([id, each]) => [id, followed(each)]));
    const changed = new Set<PolicyId>();
    for (const id of [...before.keys(), ...gathered.keys()]) {
      const now = this.#followed.get(id);
      if (!now || !sameStatus(before.get(id)?.status, now.status)) changed.add(id);
    }
    for (const [id, change] of stale) {
      if (this.#stale.get(id) !== change) continue;
      this.#stale.delete(id);
      changed.add(id);
    }
    if (changed.size > 0) this.#listeners.notify([...changed]);
  }

  #gather(
    id: PolicyId,
    into: {
      readonly gathered: Map<PolicyId, Gathered>;
      readonly requested: Map<Dpid, RequestedMirror[]>;
      readonly waiting: Set<PolicyId>;
    },
  ): void {
    const { registry, effective, topology, mayWrite, tapVlans } = this.#deps;
    const entry = registry.get(id);
    const policy = entry && effective(entry);
    if (!policy?.enabled || policy.delivery !== "mirror") return;
    const of: Gathered = { errors: new Set(), waits: new Set(), mirrors: [] };
    into.gathered.set(id, of);
    if (!mayWrite) {
      of.errors.add(
        'a mirror is a row of the switch\'s database, and OpenVTAP may not write to it: set "ovsdbWrites": true',
      );
      return;
    }
    const { mirrors, problems } = planMirrors(policy, topology());
    for (const { what, isError } of problems) {
      (isError ? of.errors : of.waits).add(what);
      if (!isError) into.waiting.add(id);
    }
    for (const planned of mirrors) {
      const taken = tapVlans && takenVlan(planned, tapVlans);
      if (taken !== undefined) {
        of.errors.add(taken);
        continue;
      }
      const all = into.requested.get(planned.dpid) ?? [];
      into.requested.set(planned.dpid, all);
      all.push({ policy: id, label: labelOf(id, planned), planned });
    }
  }

  /** Brings the mirrors of a switch to what policies request, as far as its database is connected. */
  #follow(
    dpid: Dpid,
    requested: readonly RequestedMirror[],
    {
      gathered,
      waiting,
    }: {
      readonly gathered: ReadonlyMap<PolicyId, Gathered>;
      readonly waiting: ReadonlySet<PolicyId>;
    },
  ): void {
    const { databases, switchName, mayWrite, outlets } = this.#deps;
    const name = switchName(dpid);
    const session = databases.sessionOf(dpid);
    if (session === undefined) {
      for (const { policy, planned } of requested) {
        // Where all switches are meant, those with a database are.
        if ("pattern" in planned.output && planned.isAll) continue;
        const what = `the database of switch ${name} is not connected, and mirrors are rows of it`;
        gathered.get(policy)?.waits.add(what);
      }
      return;
    }
    const inputs = { outlets, crossed: this.#crossed, switchName: name };
    const mirrors = SwitchMirrors.of(session.replica, dpid, requested, (each, output) =>
      mirrorConflict(each.planned, output, inputs),
    );
    // Where rows are those of no moment, this is called again when they are complete.
    if (mirrors === undefined || !session.isConsistent || !mayWrite) return;
    for (const { policy, what, isError } of mirrors.problems) {
      const of = gathered.get(policy);
      (isError ? of?.errors : of?.waits)?.add(`switch ${name}: ${what}`);
    }
    const change = mirrors.change(session, (policy) => waiting.has(policy));
    const isDone = this.#writer.areConfirmed(dpid, change.contents);
    if (change.operations.length > 0 || !isDone) this.#writer.write(change);
    const problem = this.#writer.problemOf(dpid);
    for (const { policy, label, planned } of mirrors.desired) {
      const content = change.contents.get(label) ?? "";
      const uuid = change.unchanged.get(label);
      const isConfirmed = uuid !== undefined && this.#writer.isConfirmed(dpid, label, content);
      const of = gathered.get(policy);
      of?.mirrors.push({ ...planned, label, uuid, isConfirmed });
      if (isConfirmed) continue;
      const what = problem?.what ?? "it has not taken the mirror over yet";
      (problem?.isError ? of?.errors : of?.waits)?.add(`switch ${name}: ${what}`);
    }
  }
}

const STALE: PolicyStatus = {
  state: "pending",
  reasons: ["its mirrors are being compared with those of the switches"],
};

function followed({ errors, waits, mirrors }: Gathered): Followed {
  const reasons = [...errors, ...waits];
  const served = mirrors.filter(({ isConfirmed }) => isConfirmed).length;
  if (errors.size > 0) return { status: { state: "error", reasons }, mirrors };
  if (mirrors.length === 0 && waits.size === 0) {
    const what = "no switch with a connected database has a port of this name";
    return { status: { state: "pending", reasons: [what] }, mirrors };
  }
  if (waits.size === 0) return { status: { state: "active", reasons: [] }, mirrors };
  return { status: { state: served > 0 ? "degraded" : "pending", reasons }, mirrors };
}
