// SPDX-License-Identifier: Apache-2.0
import type { ControllerEvent } from "../contract/events.ts";

/** An event as a client receives it: a server-sent event with its id. */
export interface LoggedEvent {
  readonly sequence: number;
  /** The whole frame, ready to be sent. */
  readonly frame: string;
}

/** Limits of an event log; it keeps no more than either allows. */
export interface EventLogLimits {
  readonly events: number;
  /** Total length of the policy documents in the events. */
  readonly characters: number;
}

/** The events that a reconnecting client has missed. */
export interface Replay {
  readonly events: readonly LoggedEvent[];
  /** Whether some of them are no longer kept: the client must read everything again. */
  readonly gap: boolean;
}

/**
 * The most recent events, for clients that reconnect.
 *
 * Ids are `<epoch>-<sequence>`: an id of another process is never taken for one of this process.
 */
export class EventLog {
  readonly #epoch: string;
  readonly #limits: EventLogLimits;
  readonly #events: (LoggedEvent & { readonly weight: number })[] = [];
  /** Of all kept events. */
  #weight = 0;
  readonly #listeners = new Set<(event: LoggedEvent) => void>();
  #sequence = 0;

  /**
   * @param epoch distinguishes this process from others; no `-` and no line breaks.
   */
  constructor(epoch: string, limits: EventLogLimits) {
    this.#epoch = epoch;
    this.#limits = limits;
  }

  /** Keeps an event and passes it to the listeners. */
  add(event: ControllerEvent, time: Date): void {
    const sequence = ++this.#sequence;
    const id = this.#id(sequence);
    // Serialized on demand: a start with 10,000 policies has no listeners yet.
    const logged = {
      sequence,
      weight: weightOf(event),
      get frame() {
        const data = JSON.stringify({ ...event, time: time.toISOString() });
        return `id: ${id}\nevent: ${event.type}\ndata: ${data}\n\n`;
      },
    };
    this.#events.push(logged);
    this.#weight += logged.weight;
    const { events, characters } = this.#limits;
    while (this.#events.length > events || this.#weight > characters) {
      this.#weight -= this.#events.shift()?.weight ?? 0;
    }
    for (const listener of this.#listeners) listener(logged);
  }

  /** The events after the one with this id. */
  since(lastEventId: string): Replay {
    const [epoch, sequence] = lastEventId.split("-");
    const last = Number(sequence);
    const first = this.#events[0]?.sequence ?? this.#sequence + 1;
    const known = epoch === this.#epoch && Number.isInteger(last) && last <= this.#sequence;
    if (!known || last < first - 1) return { events: [], gap: true };
    return { events: this.#events.filter((event) => event.sequence > last), gap: false };
  }

  /** The frame that reports missed events; carries the id of the last event. */
  gapFrame(): string {
    return `id: ${this.#id(this.#sequence)}\nevent: gap\ndata: {"type":"gap"}\n\n`;
  }

  /** Calls back for every event from now on; returns a function that ends this. */
  listen(listener: (event: LoggedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #id(sequence: number): string {
    return `${this.#epoch}-${sequence}`;
  }
}

/** Length of the policy documents in an event; other events are short and count as 0. */
function weightOf(event: ControllerEvent): number {
  switch (event.type) {
    case "policyCreated":
    case "policyReplaced":
    case "policyDeleted":
      return JSON.stringify(event).length;
    default:
      return 0;
  }
}
