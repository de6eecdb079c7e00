import type { VtapProcess } from "../vtap-process.ts";

/** A policy as a writer wrote it: the destination port of the TCP frames it taps, on or off. */
export interface Written {
  readonly port: number;
  readonly enabled: boolean;
}

/** What the store may say of a policy; undefined: there is none. */
export interface Belief {
  /** The last write that was acknowledged. */
  acknowledged: Written | undefined;
  /** A write that was on its way when the process was killed: done or not done, nothing between. */
  unanswered: Written | undefined | "none";
}

/**
 * A client that creates, changes and deletes policies of its own, one write after the other, until
 * the controller is gone, and remembers what it was told.
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

  /** Writes until a request fails for want of a server. */
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

  /** Compares with what a restarted controller has, takes that over, and says what is wrong. */
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
