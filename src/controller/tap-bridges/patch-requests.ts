// SPDX-License-Identifier: Apache-2.0
import { type EntryRef, splitEntryRef } from "../../flow-model/index.ts";
import type { PolicyId, PolicyPlan } from "../../policy/index.ts";
import { type Dpid, type PatchedPort, patchKey } from "../../topology/index.ts";
import type { EntryState } from "../status/policy-status.ts";
import { refusedCrossings } from "./copies-of-copies.ts";

/** What a policy needs of bridges of OpenVTAP's own. */
interface PolicyRequest {
  /** When it was created: texts in that order. */
  readonly created: string;
  readonly patches: readonly PatchedPort[];
  /** Bridges of OpenVTAP's own that need a port for tunnels. */
  readonly tunnels: readonly Dpid[];
  readonly entries: readonly EntryRef[];
}

/** The patch ports that policies in effect need. */
export class PatchRequests {
  readonly #policies = new Map<PolicyId, PolicyRequest>();

  get ids(): Iterable<PolicyId> {
    return this.#policies.keys();
  }

  /** Whether policies need any. */
  get isEmpty(): boolean {
    return this.#policies.size === 0;
  }

  /** Replaces what a policy needs; true: it differs, or is not nothing. */
  set(id: PolicyId, plan: PolicyPlan | undefined, created: string): boolean {
    const before = this.#policies.has(id);
    const patches = plan?.enabled ? (plan.patches ?? []) : [];
    if (patches.length === 0) this.#policies.delete(id);
    else {
      const entries = plan?.copies.flatMap((each) => each.entries) ?? [];
      this.#policies.set(id, { created, patches, tunnels: plan?.tunnels ?? [], entries });
    }
    return before || patches.length > 0;
  }

  patchesOf(id: PolicyId): readonly PatchedPort[] {
    return this.#policies.get(id)?.patches ?? [];
  }

  /** What is needed at a switch: by their `patchKey`. */
  at(dpid: Dpid): ReadonlyMap<string, PatchedPort> {
    const found = new Map<string, PatchedPort>();
    for (const { patches } of this.#policies.values()) {
      for (const patched of patches) {
        if (patched.dpid === dpid) found.set(patchKey(patched), patched);
      }
    }
    return found;
  }

  /** Whether copies take tunnels to or from a bridge of OpenVTAP's own. */
  areTunnelled(tapBridge: Dpid): boolean {
    for (const { tunnels } of this.#policies.values()) if (tunnels.includes(tapBridge)) return true;
    return false;
  }

  /** Why ports of a switch are not patched for a use because of others, clauses by their `patchKey`. */
  refusedAt(dpid: Dpid): ReadonlyMap<string, string> {
    const requests = [...this.#policies].map(([id, request]) => ({ id, ...request }));
    return refusedCrossings(requests, dpid);
  }

  /** The patch ports, by their `patchKey`, whose frames are copied by entries that a bridge of OpenVTAP's own has confirmed. */
  ready(tapBridge: Dpid, stateOf: (ref: EntryRef) => EntryState): ReadonlySet<string> {
    const found = new Set<string>();
    for (const { patches, entries } of this.#policies.values()) {
      const own = entries.filter((ref) => splitEntryRef(ref).dpid === tapBridge);
      if (own.length === 0 || own.some((ref) => stateOf(ref) !== "confirmed")) continue;
      for (const patched of patches) found.add(patchKey(patched));
    }
    return found;
  }
}
