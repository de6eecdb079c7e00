// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../../lang/steps.ts";
import { CHASSIS, PORT_BINDING, type RowOf, SERVED_DATABASE } from "../../ovsdb/index.ts";
import type { OvsdbEvents, OvsdbSession } from "../../ovsdb-session/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import { StepQueue } from "../../runtime/index.ts";
import type { InterfaceFacts } from "./interface-facts.ts";
import type { InterfaceRegistry } from "./interface-registry.ts";
import { portBindingFacts } from "./port-binding-facts.ts";

/** Changes that follow each other are read together, in milliseconds. */
const COALESCE_MS = 100;
/** How often members of a cluster are asked which of them leads, in milliseconds. */
const ASK_MS = 5_000;

interface SouthboundDeps {
  readonly registry: Pick<InterfaceRegistry, "state">;
  readonly clock: Clock;
}

/** How good the copy of a member of the cluster is: out of contact with the others, in contact, the leader. */
type Rank = 0 | 1 | 2;

/** What a row stated when its chassis was this one. */
interface KnownFacts {
  readonly system: string | undefined;
  readonly facts: InterfaceFacts | undefined;
}

/**
 * What OVN's Southbound database states about interfaces. Of several members of its cluster the leader is read, or one that
 * is in contact with the others. When all have gone, what was stated last stays.
 */
export class Southbound {
  readonly #deps: SouthboundDeps;
  readonly #queue = new StepQueue();
  /** In the order in which they were there. */
  readonly #ranks = new Map<OvsdbSession, Rank>();
  /** A row stays the same object while it is the same. */
  readonly #known = new WeakMap<RowOf<typeof PORT_BINDING>, KnownFacts>();
  #read: OvsdbSession | undefined;
  #isScheduled = false;
  #cancelAsking: CancelTimer | undefined;

  constructor(deps: SouthboundDeps) {
    this.#deps = deps;
  }

  /** What the sessions report. */
  get handlers(): OvsdbEvents {
    return {
      up: (session) => {
        this.#ranks.set(session, 1);
        void this.#ask(session);
        this.#askLater();
        this.#schedule();
      },
      changed: (session) => {
        if (session === this.#read) this.#schedule();
      },
      down: (session) => {
        this.#ranks.delete(session);
        if (this.#ranks.size === 0) this.#stopAsking();
        if (session === this.#read) this.#schedule();
      },
    };
  }

  /** Resolves when everything that sessions have reported so far is read. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  /** Asks a member for its place in the cluster. A server that does not know counts as the only one. */
  async #ask(session: OvsdbSession): Promise<void> {
    const rows = await session.select(SERVED_DATABASE, "_Server");
    const known = [...(rows?.values() ?? [])].find(({ name }) => name === DATABASE);
    if (!this.#ranks.has(session)) return;
    const { connected = true, leader = true } = known ?? {};
    this.#ranks.set(session, connected ? (leader ? 2 : 1) : 0);
    if (this.#best() !== this.#read) this.#schedule();
  }

  #askLater(): void {
    if (this.#cancelAsking) return;
    this.#cancelAsking = this.#deps.clock.after(ASK_MS, () => {
      this.#cancelAsking = undefined;
      if (this.#ranks.size > 1) for (const session of this.#ranks.keys()) void this.#ask(session);
      this.#askLater();
    });
  }

  #stopAsking(): void {
    this.#cancelAsking?.();
    this.#cancelAsking = undefined;
  }

  /** The member to read: the present one while none is better. */
  #best(): OvsdbSession | undefined {
    let best = this.#read && this.#ranks.has(this.#read) ? this.#read : undefined;
    const rankOf = (session: OvsdbSession | undefined) =>
      session === undefined ? -1 : (this.#ranks.get(session) ?? -1);
    for (const session of this.#ranks.keys()) if (rankOf(session) > rankOf(best)) best = session;
    return best;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#deps.clock.after(COALESCE_MS, () => {
      this.#isScheduled = false;
      this.#queue.add("ordinary", () => this.#reading());
    });
  }

  *#reading(): Steps<void> {
    const session = this.#best();
    this.#read = session;
    // Otherwise it is read when its updates are complete.
    if (!session?.isConsistent) return;
    const facts = new Map<string, InterfaceFacts>();
    for (const [, row] of session.replica.rows(PORT_BINDING)) {
      yield;
      const found = this.#factsOf(row, session);
      if (found) facts.set(row.logicalPort, found);
    }
    yield* this.#deps.registry.state("southbound", facts);
  }

  #factsOf(row: RowOf<typeof PORT_BINDING>, { replica }: OvsdbSession): InterfaceFacts | undefined {
    const { chassis } = row;
    const system = chassis === undefined ? undefined : replica.row(CHASSIS, chassis)?.name;
    const known = this.#known.get(row);
    if (known && known.system === system) return known.facts;
    const facts = portBindingFacts(row, system);
    this.#known.set(row, { system, facts });
    return facts;
  }
}

const DATABASE = "OVN_Southbound";
