// SPDX-License-Identifier: Apache-2.0
import type { VtapProcess } from "../vtap-process.ts";

/** A policy as written: the TCP destination port that it taps, and whether it is enabled. */
export interface Written {
  readonly port: number;
  readonly enabled: boolean;
}

/** What the store may hold of a policy; undefined: no policy. */
export interface Belief {
  /** The last write that was acknowledged. */
  acknowledged: Written | undefined;
  /** A write in progress when the process was killed: either done or not done. */
  unanswered: Written | undefined | "none";
}

/**
 * A client that creates, changes and deletes its own policies, one write after another, until the
 * controller is killed, and records the acknowledgements.
 */
export class Writer {
  readonly beliefs = new Map<string, Belief>();
  readonly #name: string;
  readonly #random: () => number;
  readonly #body: (id: string, written: Written) => object;
  writes = 0;

  constructor(name: string, random: () => number, body: (id: string, written: Written) => object) {
    this.#name = name;
    this.#random = random;
    this.#body = body;
  }

  /** Writes until a request fails because the server is gone. */
  async writeTo(vtap: VtapProcess): Promise<void> {
    for (;;) {
      const id = `${this.#name}-${Math.floor(this.#random() * 12)}`;
      const belief = this.beliefs.get(id) ?? { acknowledged: undefined, unanswered: "none" };
      this.beliefs.set(id, belief);
      const next = this.#next(belief);
      belief.unanswered = next;
      try {
        await this.#send(vtap, id, belief.acknowledged, next);
      } catch {
        return;
      }
      belief.acknowledged = next;
      belief.unanswered = "none";
      this.writes++;
    }
  }

  /** Compares with the policies of a restarted controller, adopts them, and returns the differences. */
  judge(present: ReadonlyMap<string, Written>): string[] {
    const faults: string[] = [];
    for (const [id, belief] of this.beliefs) {
      const found = present.get(id);
      const { acknowledged, unanswered } = belief;
      const isRight =
        same(found, acknowledged) || (unanswered !== "none" && same(found, unanswered));
      if (!isRight) faults.push(`${id}: ${JSON.stringify({ found, acknowledged, unanswered })}`);
      belief.acknowledged = found;
      belief.unanswered = "none";
    }
    return faults;
  }

  #next({ acknowledged }: Belief): Written | undefined {
    if (acknowledged && this.#random() < 0.3) return undefined;
    return { port: 1000 + Math.floor(this.#random() * 2000), enabled: this.#random() < 0.8 };
  }

  async #send(vtap: VtapProcess, id: string, old: Written | undefined, next: Written | undefined) {
    const path = `/policies/${id}`;
    const request = () => {
      if (!next) return vtap.request("DELETE", path);
      const body = this.#body(id, next);
      return old ? vtap.request("PUT", path, body) : vtap.request("POST", "/policies", body);
    };
    const { status, body } = await request();
    if (status >= 400) throw new Error(`${id}: ${status} ${JSON.stringify(body)}`);
  }
}

function same(a: Written | undefined, b: Written | undefined): boolean {
  return a?.port === b?.port && a?.enabled === b?.enabled;
}
