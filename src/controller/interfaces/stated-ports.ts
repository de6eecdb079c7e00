// SPDX-License-Identifier: Apache-2.0
import { complete, type Steps } from "../../lang/steps.ts";
import { StepQueue } from "../../runtime/index.ts";
import type { PortStatement } from "../../topology/index.ts";
import type { InterfaceFacts } from "./interface-facts.ts";
import type { InterfaceRegistry } from "./interface-registry.ts";

/** What the ports file states about interfaces. */
export class StatedPorts {
  readonly #registry: Pick<InterfaceRegistry, "state">;
  readonly #queue = new StepQueue();

  constructor(registry: Pick<InterfaceRegistry, "state">, ports: readonly PortStatement[]) {
    this.#registry = registry;
    complete(this.#stating(ports));
  }

  /** The file states this, and nothing else; resolves when it is in effect. */
  replace(ports: readonly PortStatement[]): Promise<void> {
    this.#queue.add("ordinary", () => this.#stating(ports));
    return this.#queue.idle();
  }

  *#stating(ports: readonly PortStatement[]): Steps<void> {
    const facts = new Map<string, InterfaceFacts>();
    for (const { iface, ...stated } of ports) {
      yield;
      facts.set(iface, stated);
    }
    yield* this.#registry.state("portsFile", facts);
  }
}
