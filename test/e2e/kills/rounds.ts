// SPDX-License-Identifier: Apache-2.0
import { expect } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { tcp } from "../frames.ts";
import { random } from "../hitless/random.ts";
import { TAPPED_PAIR } from "../plans.ts";
import { Scenario } from "../scenario.ts";
import { Writer, type Written } from "./writers.ts";

/** The result of a round of writing, killing and restarting. */
export interface Round {
  /** Writes that were acknowledged before the kill. */
  readonly writes: number;
  /** Time the process lived after it listened, in milliseconds. */
  readonly livedMs: number;
  /** Policies that are neither as acknowledged nor as last requested. */
  readonly faults: readonly string[];
  /** From the start of the new process until every switch is up to date, in milliseconds. */
  readonly restartMs: number;
}

/** A network for kills: h1 and h2 talk across two switches, h3 monitors. */
export function startForKills(): Promise<Scenario> {
  return Scenario.start({
    ...TAPPED_PAIR,
  });
}

/**
 * Kills the controller at random moments while clients write and switches connect and are programmed,
 * restarts it, and compares everything with the acknowledged writes: first the stored policies, then,
 * by frames, the switches.
 */
export class KillRounds {
  readonly #scenario: Scenario;
  readonly #random: () => number;
  readonly #writers: readonly Writer[];

  constructor(scenario: Scenario, seed: number) {
    this.#scenario = scenario;
    this.#random = random(seed);
    const names = ["a", "b", "c"];
    this.#writers = names.map(
      (name) => new Writer(name, this.#random, (...args) => this.#body(...args)),
    );
  }

  async round(): Promise<Round> {
    const scenario = this.#scenario;
    const before = this.#writes();
    const begun = performance.now();
    const writing = this.#writers.map((writer) => writer.writeTo(scenario.vtap));
    await waitFor(() => this.#writes() > before, { what: "a first write", everyMs: 1 });
    const lifeMs = this.#random() * 250;
    await new Promise((resolve) => setTimeout(resolve, lifeMs));
    await scenario.vtap.stop("SIGKILL");
    const livedMs = performance.now() - begun;
    await Promise.all(writing);
    const writes = this.#writes() - before;
    // In half of the rounds it is killed once more while it starts and the switches reconnect.
    if (this.#random() < 0.5) await this.#killedStart();
    const restarted = performance.now();
    await scenario.replaceController();
    const restartMs = performance.now() - restarted;
    const present = await this.#present();
    const faults = this.#writers.flatMap((writer) => writer.judge(present));
    await this.#expectCopies(present);
    return { writes, livedMs, faults, restartMs };
  }

  async #killedStart(): Promise<void> {
    const scenario = this.#scenario;
    scenario.vtap = await scenario.vtap.killAndRestart({ openflowPort: 0 });
    const pointing = scenario.switchNames.map((name) =>
      scenario.lab.setController(name, scenario.vtap.target),
    );
    await new Promise((resolve) => setTimeout(resolve, this.#random() * 150));
    await scenario.vtap.stop("SIGKILL");
    await Promise.all(pointing);
  }

  async #present(): Promise<Map<string, Written>> {
    const { items } = await this.#scenario.vtap.get("/policies?limit=1000");
    return new Map(
      items.map(({ id, enabled, filters }: Listed) => [id, { port: filters.tcp_dst, enabled }]),
    );
  }

  /** Originals always arrive; a frame that an enabled policy matches is copied once. */
  async #expectCopies(present: ReadonlyMap<string, Written>): Promise<void> {
    const ports = new Set([...present.values()].map(({ port }) => port));
    const tapped = new Set(
      [...present.values()].flatMap(({ port, enabled }) => (enabled ? port : [])),
    );
    const [h1, h2] = [this.#scenario.host("h1"), this.#scenario.host("h2")];
    const frame = (port: number) => tcp(h1, h2, { src: 5, dst: port });
    const frames = [999, ...ports].map(frame);
    await this.#scenario.expectDelivery("h1", frames, { h2: frames, h3: [...tapped].map(frame) });
  }

  #body(id: string, { port, enabled }: Written) {
    const [sender, receiver, monitor] = ["h1", "h2", "h3"].map((name) => ({
      mac: this.#scenario.host(name).mac,
    }));
    return { id, enabled, sender, receiver, monitors: [monitor], filters: { tcp_dst: port } };
  }

  #writes(): number {
    return this.#writers.reduce((sum, { writes }) => sum + writes, 0);
  }
}

interface Listed {
  readonly id: string;
  readonly enabled: boolean;
  readonly filters: { readonly tcp_dst: number };
}

/** Empties the switches, and checks that the controller restores exactly the previous tables. */
export async function expectDesiredTables(scenario: Scenario): Promise<void> {
  const before = await scenario.tables();
  await scenario.vtap.stop("SIGKILL");
  for (const name of scenario.switchNames) {
    await scenario.lab.ofctl("del-flows", name);
    await scenario.lab.ofctl("del-groups", name);
  }
  await scenario.replaceController();
  expect(await scenario.tables()).toEqual(before);
}
