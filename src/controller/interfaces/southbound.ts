// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../../lang/steps.ts";
import { CHASSIS, PORT_BINDING, type RowOf, SOUTHBOUND_DATABASE } from "../../ovsdb/index.ts";
import type { OvsdbEvents, OvsdbSession } from "../../ovsdb-session/index.ts";
import type { Clock } from "../../runtime/clock.ts";
import { StepQueue } from "../../runtime/index.ts";
import { ClusterMembers } from "./cluster-members.ts";
import type { InterfaceFacts } from "./interface-facts.ts";
import type { InterfaceRegistry } from "./interface-registry.ts";
import { portBindingFacts } from "./port-binding-facts.ts";

/** Changes that follow each other are read together, in milliseconds. */
const COALESCE_MS = 100;

interface SouthboundDeps {
  readonly registry: Pick<InterfaceRegistry, "state">;
  readonly clock: Clock;
}

/** What a row stated when its chassis was this one. */
interface KnownFacts {
  readonly system: string | undefined;
  readonly facts: InterfaceFacts | undefined;
}

/**
 * What OVN's Southbound database states about interfaces. Of several members of its cluster the leader is read, or one that
 * is in contact with the others. While there is none, what was stated last stays.
 */
export class Southbound {
  readonly #deps: SouthboundDeps;
  readonly #queue = new StepQueue();
  readonly #members: ClusterMembers;
  /** A row stays the same object while it is the same. */
  readonly #known = new WeakMap<RowOf<typeof PORT_BINDING>, KnownFacts>();
  #isScheduled = false;

  constructor(deps: SouthboundDeps) {
    this.#deps = deps;
    const { name } = SOUTHBOUND_DATABASE;
    this.#members = new ClusterMembers(name, deps.clock, () => this.#schedule());
  }

  /** What the sessions report. */
  get handlers(): OvsdbEvents {
    return {
      up: (session) => this.#members.add(session),
      changed: (session) => {
        if (session === this.#members.current) this.#schedule();
      },
      down: (session) => this.#members.delete(session),
    };
  }

  /** Resolves when everything that sessions have reported so far is read. */
  idle(): Promise<void> {
    return this.#queue.idle();
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
    const session = this.#members.current;
    // Otherwise it is read when its updates are complete.
    if (!session?.isConsistent) return;
    const facts = new Map<string, InterfaceFacts>();
    for (const [, row] of session.replica.rows(PORT_BINDING)) {
      yield;
      const found = this.#factsOf(row, session);
      if (found) facts.set(row.logicalPort, found);
    }
    yield* this.#deps.registry.state("southbound", facts);
    // What is read is not to be taken back by a member that does not have it yet.
    void this.#members.ask(session);
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
