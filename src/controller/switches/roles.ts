import { ControllerRole, roleRequest } from "../../openflow/index.ts";
import type { Role, Session } from "../../openflow-session/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import type { Dpid } from "../../topology/index.ts";

/** What roles lead to. */
export interface RolesOptions {
  readonly clock: Clock;
  /** A switch has another role for us; `old` is absent for the first that is heard of. */
  readonly changed: (session: Session, old: Role | undefined, now: Role) => void;
}

/** How often a switch where we are slave is asked whether we still are, in milliseconds. */
const ASK_AGAIN_MS = 10_000;

interface Known {
  readonly session: Session;
  role: Role | undefined;
  cancel: CancelTimer;
}

/**
 * The role that each switch has for us.
 *
 * We ask for none and stay `equal`, which is what a switch gives every controller. To be `master`
 * would make another application's controller a slave, and it may be the one that forwards production
 * frames. An equal controller may write whatever the others are, and no master can take that away;
 * only a switch's own configuration makes us `slave`. Then nothing is sent there until it says, or
 * answers when asked, that we are not.
 *
 * (no session) -connected-> unknown -the switch says it-> equal | master | slave -disconnected-> (none)
 */
export class SwitchRoles {
  readonly #options: RolesOptions;
  readonly #known = new Map<Dpid, Known>();

  constructor(options: RolesOptions) {
    this.#options = options;
  }

  /** The role on a switch that is connected, once it has said so. */
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

  /** The switch says which role we have, or refuses something because we are slave. */
  heard(session: Session, role: Role): void {
    const known = this.#known.get(session.dpid);
    if (known?.session !== session || known.role === role) return;
    const old = known.role;
    known.role = role;
    known.cancel();
    if (role === "slave") this.#askAgain(known);
    this.#options.changed(session, old, role);
  }

  #askAgain(known: Known): void {
    known.cancel = this.#options.clock.after(ASK_AGAIN_MS, () => {
      void this.#ask(known.session);
      this.#askAgain(known);
    });
  }

  async #ask(session: Session): Promise<void> {
    const request = roleRequest({ role: ControllerRole.NoChange });
    const outcome = await session.request(request, "roleReply");
    // A switch without roles has one controller, or treats all alike.
    const role = outcome.type === "reply" ? roleOf(outcome.reply.role) : undefined;
    if (role !== undefined) this.heard(session, role);
    else if (outcome.type === "error" && this.of(session.dpid) === undefined) {
      this.heard(session, "equal");
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
