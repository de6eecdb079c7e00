import { waitFor } from "../lab/index.ts";
import type { Scenario } from "./scenario.ts";

/** A cable between two switches: the switch, the port and its number at either end. */
export type Cable = readonly [string, number, string, number];

/**
 * Cables of two ports each in place of a scenario's patch ports: what leaves one end is captured, and then
 * put into the other. Across patch ports Open vSwitch does all in one step: what one switch writes into
 * headers and the next one takes back is never written at all.
 */
export class Cables {
  readonly #scenario: Scenario;
  readonly #cables: readonly Cable[];

  private constructor(scenario: Scenario, cables: readonly Cable[]) {
    this.#scenario = scenario;
    this.#cables = cables;
  }

  /** Lays them along the scenario's links, in the order in which frames will go. */
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

  /** Sends a frame from a host and carries it and its copies over; what left every port, as hex. */
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
