// SPDX-License-Identifier: Apache-2.0
import { waitFor } from "../lab/index.ts";
import type { Scenario } from "./scenario.ts";

/** A cable between two switches: the switch, the port and its number at either end. */
export type Cable = readonly [string, number, string, number];

/**
 * Cables of two ports each that replace a scenario's patch ports: a frame that leaves one end is
 * captured, then injected into the other. Across patch ports Open vSwitch does both in one step, so a
 * header change that the next switch reverts would never be written to the frame.
 *
 * A scenario without discovery and path probes: theirs leave by the same ports.
 */
export class Cables {
  readonly #scenario: Scenario;
  readonly #cables: readonly Cable[];

  private constructor(scenario: Scenario, cables: readonly Cable[]) {
    this.#scenario = scenario;
    this.#cables = cables;
  }

  /** Replaces the scenario's links, in the order in which frames travel. */
  static async lay(scenario: Scenario, cables: readonly Cable[]): Promise<Cables> {
    const { lab, vtap } = scenario;
    const ends = cables.flatMap(([a, aPort, b, bPort]) => [
      { at: a, port: aPort },
      { at: b, port: bPort },
    ]);
    for (const { at, port } of ends) await lab.removePort(at, end(at, port));
    for (const { at, port } of ends) await lab.addHost(end(at, port), at, port);
    await waitFor(async () => {
      const { items } = await vtap.get("/policies");
      return items.every((each: { status: { state: string } }) => each.status.state === "active");
    });
    await vtap.synced(...scenario.switchNames);
    return new Cables(scenario, cables);
  }

  /** Sends a frame from a host, carries it and its copies across, and returns what left each port, as hex. */
  async carry(bytes: Uint8Array, host: string): Promise<Record<string, string[]>> {
    const { lab } = this.#scenario;
    lab.clear();
    await lab.inject(host, bytes);
    for (const [a, aPort, b, bPort] of this.#cables) {
      for (const each of lab.frames(end(a, aPort))) await lab.inject(end(b, bPort), each);
    }
    return lab.received();
  }
}

function end(at: string, port: number): string {
  return `${at}-p${port}`;
}
