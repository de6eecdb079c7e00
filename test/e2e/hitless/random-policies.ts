// SPDX-License-Identifier: Apache-2.0
import type { HitlessNetwork } from "./network.ts";
import { pick } from "./random.ts";

/** Creates, changes and deletes policies that also match production. */
export class RandomPolicies {
  readonly #network: HitlessNetwork;
  readonly #chance: () => number;
  readonly #ids = new Set<string>();
  #made = 0;

  constructor(network: HitlessNetwork, chance: () => number) {
    this.#network = network;
    this.#chance = chance;
  }

  /** `waitMs`: how long the answer may wait for the switches. */
  async add(waitMs = 2000): Promise<string> {
    const document = this.#document(`p${this.#made++}`);
    await this.#network.write("POST", `/policies?wait=${waitMs}`, document, [201]);
    this.#ids.add(document.id);
    return `add ${JSON.stringify(document)}`;
  }

  async change(waitMs = 2000): Promise<string> {
    if (this.#ids.size === 0) return this.add(waitMs);
    const id = pick([...this.#ids], this.#chance);
    const document = this.#document(id);
    await this.#network.write("PUT", `/policies/${id}?wait=${waitMs}`, document, [200]);
    return `change ${JSON.stringify(document)}`;
  }

  async delete(): Promise<string> {
    if (this.#ids.size === 0) return this.add();
    const id = pick([...this.#ids], this.#chance);
    await this.#network.write("DELETE", `/policies/${id}?wait=2000`, undefined, [204]);
    this.#ids.delete(id);
    return `delete ${id}`;
  }

  /** Matches production's pair, one end of it, or any host. */
  #document(id: string) {
    const [h1, h2] = [this.#network.identifier(1), this.#network.identifier(2)];
    const ends: readonly (readonly [object | "any", object | "any"])[] = [
      [h1, h2],
      [h2, h1],
      [h1, "any"],
      ["any", h2],
      [{ ip: "10.1.1.0/24" }, h2],
      [{ port: this.#network.portOf("s1", 1) }, "any"],
    ];
    const [sender, receiver] = pick(ends, this.#chance);
    const filters: readonly object[] = [
      {},
      { ip_proto: "udp" },
      { udp_dst: 7001 },
      { udp_dst: "7000-7009" },
      { tcp_dst: [80, 443] },
    ];
    return {
      id,
      sender,
      receiver,
      monitors: [this.#network.identifier(pick([4, 5], this.#chance))],
      filters: pick(filters, this.#chance),
      ...(this.#chance() < 0.3 ? { exclude: [{ udp_dst: 7002 }] } : {}),
      direction: pick(["forward", "reverse", "both"], this.#chance),
      enabled: this.#chance() < 0.9,
    };
  }
}
