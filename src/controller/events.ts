import type { Role } from "../openflow-session/index.ts";
import type { PolicyId } from "../policy/index.ts";
import type { Drift, RefusedEntries, RepairCause } from "../reconcile/index.ts";
import type { Dpid } from "../topology/index.ts";
import type { PolicyOrigin } from "./policies/policy-registry.ts";
import type { PolicyStatus } from "./status/policy-status.ts";
import type { Suspension } from "./suspension/index.ts";
import type { ConflictView } from "./views/conflict-view.ts";
import type { HostView, LinkView, PortView, SwitchFactsView } from "./views/network-view.ts";
import type { WrittenPolicyView } from "./views/policy-view.ts";
import type { RuleView } from "./views/rule-view.ts";

interface OfSwitch {
  readonly dpid: Dpid;
  /** The switch's name. */
  readonly switch: string;
}

interface OfWrite {
  readonly id: PolicyId;
  readonly revision: number;
  readonly origin: PolicyOrigin;
}

/** Something that happened, with old and new; an absent side did not exist. */
export type ControllerEvent =
  | ({ readonly type: "policyCreated"; readonly new: WrittenPolicyView } & OfWrite)
  | ({
      readonly type: "policyReplaced";
      readonly old: WrittenPolicyView;
      readonly new: WrittenPolicyView;
    } & OfWrite)
  | { readonly type: "policyDeleted"; readonly id: PolicyId; readonly old: WrittenPolicyView }
  | {
      readonly type: "policyStatus";
      readonly id: PolicyId;
      readonly old?: PolicyStatus;
      readonly new: PolicyStatus;
    }
  | ({ readonly type: "tapsSuspended" } & Suspension)
  | { readonly type: "tapsResumed"; readonly old: Suspension }
  | ({ readonly type: "switchConnected"; readonly address?: string } & OfSwitch)
  | ({ readonly type: "switchDisconnected"; readonly reason: string } & OfSwitch)
  | ({
      readonly type: "switchChanged";
      readonly old?: SwitchFactsView;
      readonly new: SwitchFactsView;
    } & OfSwitch)
  | ({ readonly type: "switchForgotten"; readonly old: SwitchFactsView } & OfSwitch)
  | ({ readonly type: "roleChanged"; readonly old?: Role; readonly new: Role } & OfSwitch)
  | ({
      readonly type: "entriesRefused";
      readonly state: "begun" | "changed" | "ended";
      readonly old?: RefusedEntries;
      readonly new?: RefusedEntries;
    } & OfSwitch)
  | ({
      readonly type: "switchRepaired";
      readonly by: RepairCause;
      readonly drift: Drift;
      /** The first few: as the switch had confirmed them, and as they were found. */
      readonly rules: readonly { readonly old?: RuleView; readonly new?: RuleView }[];
    } & OfSwitch)
  | ({ readonly type: "portChanged"; readonly old?: PortView; readonly new?: PortView } & OfSwitch)
  | ({
      readonly type: "probeRejected";
      readonly port: number;
      /** `stale`: signed by us, and played again. */
      readonly reason: "malformed" | "forged" | "stale";
    } & OfSwitch)
  | { readonly type: "linkChanged"; readonly old?: LinkView; readonly new?: LinkView }
  | {
      /** Switches do what changes of links have asked for. */
      readonly type: "rerouted";
      readonly links: readonly { readonly old?: LinkView; readonly new?: LinkView }[];
      /** How many switches, entries on them, and policies were concerned. */
      readonly switches: number;
      readonly entries: number;
      readonly policies: number;
      readonly recomputeMs: number;
      readonly confirmMs: number;
    }
  | { readonly type: "hostChanged"; readonly old?: HostView; readonly new?: HostView }
  | {
      readonly type: "hostConflict";
      readonly state: "begun" | "ended";
      readonly conflict: ConflictView;
    };

/** Hands every event to every listener, in order. */
export class EventBus {
  readonly #listeners = new Set<(event: ControllerEvent) => void>();

  /** Calls back for every event from now on; returns how to stop. */
  subscribe(listener: (event: ControllerEvent) => void): () => void {
    // A listener may subscribe twice: each subscription is its own.
    const own = (event: ControllerEvent) => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  publish(event: ControllerEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
