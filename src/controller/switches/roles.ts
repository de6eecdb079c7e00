// SPDX-License-Identifier: Apache-2.0
import { ControllerRole, roleRequest } from "../../openflow/index.ts";
import type { Role, Session } from "../../openflow-session/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import { Listeners } from "../../runtime/listeners.ts";
import type { Dpid } from "../../topology/index.ts";

/** How often a switch whose role for OpenVTAP is slave is asked for it again, in milliseconds. */
const ASK_AGAIN_MS = 10_000;

interface Known {
  readonly session: Session;
  role: Role | undefined;
  cancel: CancelTimer;
}

/**
 * The role that OpenVTAP has on each switch.
 *
 * OpenVTAP requests no role and stays `equal`, the role that a switch gives every controller. Becoming
 * `master` would make another application's controller a slave, and that one may forward production
 * frames. An equal controller may write whatever roles the others have, and no master can change that;
 * only a switch's own configuration makes OpenVTAP `slave`. Nothing is sent to such a switch until it
 * reports another role, by itself or when asked.
 *
 * (no session) -connected-> unknown -reported-> equal | master | slave -disconnected-> (no session)
 */
export class SwitchRoles {
  readonly #clock: Clock;
  readonly #known = new Map<Dpid, Known>();
  readonly #changed = new Listeners<[session: Session, old: Role | undefined, now: Role]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls back when the role on a switch changes; `old` is absent for the first one reported. */
  subscribe(listener: (session: Session, old: Role | undefined, now: Role) => void): void {
    this.#changed.add(listener);
  }

  /** The role on a connected switch, once the switch has reported it. */
  of(dpid: Dpid): Role | undefined {
    return this.#known.get(dpid)?.role;
  }

  connected(session: Session): void {
    this.#known.set(session.dpid, { session, role: undefined, cancel: () => undefined });
    void this.#ask(session);
  }

  disconnected(session: Session): void {
    const known = this.#known.get(session.dpid);
    if (known?.session !== session) return;
    known.cancel();
    this.#known.delete(session.dpid);
  }

  /** The switch reports the role, or refuses a message because of the slave role. */
  reported(session: Session, role: Role): void {
    const known = this.#known.get(session.dpid);
    if (known?.session !== session || known.role === role) return;
    const old = known.role;
    known.role = role;
    known.cancel();
    if (role === "slave") this.#askAgain(known);
    this.#changed.notify(session, old, role);
  }

  #askAgain(known: Known): void {
    known.cancel = this.#clock.after(ASK_AGAIN_MS, () => {
      void this.#ask(known.session);
      this.#askAgain(known);
    });
  }

  async #ask(session: Session): Promise<void> {
    const request = roleRequest({ role: ControllerRole.NoChange });
    const outcome = await session.request(request, "roleReply");
    // A switch without roles has one controller, or treats all controllers alike.
    const role = outcome.type === "reply" ? roleOf(outcome.reply.role) : undefined;
    if (role !== undefined) this.reported(session, role);
    else if (outcome.type === "error" && this.of(session.dpid) === undefined) {
      this.reported(session, "equal");
    }
  }
}

function roleOf(value: number): Role | undefined {
  const names: Readonly<Record<number, Role>> = {
    [ControllerRole.Equal]: "equal",
    [ControllerRole.Master]: "master",
    [ControllerRole.Slave]: "slave",
  };
  return names[value];
}
