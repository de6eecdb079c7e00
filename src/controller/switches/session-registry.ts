// SPDX-License-Identifier: Apache-2.0
import type { Session } from "../../openflow-session/index.ts";
import type { Dpid } from "../../topology/index.ts";

/** The open session of every connected switch. */
export class SessionRegistry {
  readonly #sessions = new Map<Dpid, Session>();

  add(session: Session): void {
    this.#sessions.set(session.dpid, session);
  }

  delete({ dpid }: Session): void {
    this.#sessions.delete(dpid);
  }

  get(dpid: Dpid): Session | undefined {
    return this.#sessions.get(dpid);
  }

  values(): Iterable<Session> {
    return this.#sessions.values();
  }
}
