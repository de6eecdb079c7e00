// SPDX-License-Identifier: Apache-2.0
import { ConfigFlags, setConfig } from "../../openflow/index.ts";
import type { Session } from "../../openflow-session/index.ts";
import type { Dpid } from "../../topology/index.ts";

/** Sets how switches handle fragments, as their entries in topology files request. */
export class FragmentModes {
  /** The mode of each switch before OpenVTAP first changed it. */
  readonly #found = new Map<Dpid, number>();

  /** Makes a switch read the ports of first fragments. It loses that when it restarts. */
  match(session: Session): void {
    const { dpid, configFlags } = session;
    // A later session finds what this one has set.
    if (!this.#found.has(dpid)) this.#found.set(dpid, configFlags);
    session.send(setConfig({ flags: ConfigFlags.FragNxMatch }));
  }

  /** Makes a switch handle fragments as it did before `match`. */
  restore(session: Session): void {
    const flags = this.#found.get(session.dpid) ?? ConfigFlags.FragNormal;
    session.send(setConfig({ flags }));
  }
}
