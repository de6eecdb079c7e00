import { expect } from "vitest";
import { waitFor } from "../../lab/index.ts";
import type { Scenario, ScenarioPlan } from "../scenario.ts";

/**
 * A ring of five switches with a chord. Production goes h1 - s1 - s2 - s3 - h2, both ways, and is
 * tapped for h3 at s4; nothing else that happens concerns it.
 */
export const NETWORK: ScenarioPlan = {
  switches: ["s1", "s2", "s3", "s4", "s5"],
  links: [
    ["s1", 10, "s2", 10],
    ["s2", 11, "s3", 10],
    ["s3", 11, "s4", 10],
    ["s4", 11, "s5", 10],
    ["s5", 11, "s1", 11],
    ["s2", 12, "s4", 12],
  ],
  hosts: [
    [1, "s1", 1],
    [2, "s3", 1],
    [3, "s4", 1],
    [4, "s5", 1],
    [5, "s5", 2],
  ],
  config: { tapVlanRange: "4000-4010" },
  policies: [
    {
      id: "production",
      sender: { host: "h1" },
      receiver: { host: "h2" },
      monitors: [{ host: "h3" }],
      direction: "both",
    },
  ],
};

/** Links that neither production frames nor the copies of the steady policy cross. */
const SPARE_LINKS: readonly (readonly [string, number])[] = [
  ["s4", 11],
  ["s5", 11],
];

/** Seeded numbers (mulberry32): a failure can be run again. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What random operations have made of the network, and the next of them. */
export class Operations {
  readonly #scenario: Scenario;
  readonly #random: () => number;
  readonly #policies = new Set<string>();
  readonly #cut = new Set<number>();
  #suspended = false;
  #made = 0;

  constructor(scenario: Scenario, seed: number) {
    this.#scenario = scenario;
    this.#random = random(seed);
  }

  /** Whether copies are off the switches. */
  get suspended(): boolean {
    return this.#suspended;
  }

  /** Does one and returns what it was. */
  async next(): Promise<string> {
    const choices: (() => Promise<string>)[] = [
      () => this.#addPolicy(),
      () => this.#addPolicy(),
      () => this.#changePolicy(),
      () => this.#changePolicy(),
      () => this.#deletePolicy(),
      () => this.#toggleLink(),
      () => this.#moveHost(),
      () => this.#toggleSuspension(),
    ];
    // Seldom: these take a second or more until the switches are back.
    if (this.#random() < 0.05) return this.#restartController();
    if (this.#random() < 0.05) return this.#restartSwitch();
    return pick(choices, this.#random)();
  }

  /** Everything in working order again. */
  async calm(): Promise<string> {
    if (this.#suspended) await this.#toggleSuspension();
    for (const index of this.#cut) await this.#restore(index);
    await this.#scenario.vtap.synced(...this.#scenario.switchNames);
    const settled = async () => {
      const { byState, total } = (await this.#scenario.vtap.get("/status")).policies;
      return byState.active + byState.disabled === total;
    };
    await waitFor(settled, { what: "all policies to be active" });
    return "back to order";
  }

  async #addPolicy(): Promise<string> {
    const document = this.#document(`p${this.#made++}`);
    await this.#write("POST", "/policies?wait=2000", document, 201);
    this.#policies.add(document.id);
    return `add ${JSON.stringify(document)}`;
  }

  async #changePolicy(): Promise<string> {
    const id = pick([...this.#policies], this.#random);
    if (id === undefined) return this.#addPolicy();
    const document = this.#document(id);
    await this.#write("PUT", `/policies/${id}?wait=2000`, document, 200);
    return `change ${JSON.stringify(document)}`;
  }

  async #deletePolicy(): Promise<string> {
    const id = pick([...this.#policies], this.#random);
    if (id === undefined) return this.#addPolicy();
    await this.#write("DELETE", `/policies/${id}?wait=2000`, undefined, 204);
    this.#policies.delete(id);
    return `delete ${id}`;
  }

  /** Of what production is part of, too: the same pair, one end of it, everybody. */
  #document(id: string) {
    const [h1, h2] = [{ host: "h1" }, { host: "h2" }];
    const ends: readonly (readonly [object | "any", object | "any"])[] = [
      [h1, h2],
      [h2, h1],
      [h1, "any"],
      ["any", h2],
      [{ ip: "10.1.1.0/24" }, h2],
      [{ port: { switch: "s1", port: 1 } }, "any"],
    ];
    const [sender, receiver] = pick(ends, this.#random);
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
      monitors: [{ host: pick(["h4", "h5"], this.#random) }],
      filters: pick(filters, this.#random),
      ...(this.#random() < 0.3 ? { exclude: [{ udp_dst: 7002 }] } : {}),
      direction: pick(["forward", "reverse", "both"], this.#random),
      enabled: this.#random() < 0.9,
    };
  }

  async #toggleLink(): Promise<string> {
    const index = Math.floor(this.#random() * SPARE_LINKS.length);
    const [name, port] = SPARE_LINKS[index] ?? ["", 0];
    if (this.#cut.has(index)) return this.#restore(index);
    // One of the two stays: h4 and h5 can always be reached.
    if (this.#cut.size > 0) return this.#addPolicy();
    this.#cut.add(index);
    await this.#scenario.lab.cutLink(name, port);
    return `cut link ${name}:${port}`;
  }

  async #moveHost(): Promise<string> {
    const places = [
      { switch: "s4", port: 1 },
      { switch: "s5", port: 1 },
      { switch: "s5", port: 2 },
    ];
    const place = pick(places, this.#random);
    const host = { name: "mover", mac: "fa:00:00:00:00:20", ips: ["10.1.1.32"], ...place };
    const { status, body } = await this.#scenario.vtap.request("POST", "/hosts", host);
    expect([200, 201], JSON.stringify(body)).toContain(status);
    return `host at ${place.switch}:${place.port}`;
  }

  async #toggleSuspension(): Promise<string> {
    const verb = this.#suspended ? "resume" : "suspend";
    const { status, body } = await this.#scenario.vtap.request("POST", `/taps:${verb}?wait=5000`);
    expect({ status, body }).toMatchObject({ status: 200 });
    this.#suspended = !this.#suspended;
    return verb;
  }

  async #restartController(): Promise<string> {
    const gently = this.#random() < 0.5;
    if (gently) await this.#scenario.vtap.stop("SIGTERM");
    await this.#scenario.killAndRestartController();
    return gently ? "restart the controller" : "kill -9 the controller";
  }

  /** Of a switch that production does not cross. */
  async #restartSwitch(): Promise<string> {
    await this.#scenario.lab.restartSwitch("s5");
    // A switch that is made anew has all its links.
    for (const index of this.#cut) await this.#restore(index);
    return "restart s5";
  }

  async #restore(index: number): Promise<string> {
    this.#cut.delete(index);
    const [name, port] = SPARE_LINKS[index] ?? ["", 0];
    await this.#scenario.lab.restoreLink(name, port);
    return `restore link ${name}:${port}`;
  }

  async #write(method: string, path: string, body: object | undefined, expected: number) {
    const answer = await this.#scenario.vtap.request(method, path, body);
    expect({ status: answer.status, body: answer.body }).toMatchObject({ status: expected });
  }
}

function pick<T>(from: readonly T[], chance: () => number): T {
  return from[Math.floor(chance() * from.length)] as T;
}
