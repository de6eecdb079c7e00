// SPDX-License-Identifier: Apache-2.0
import type { ControllerEvent } from "../contract/events.ts";

/** An event as a client receives it: a server-sent event with its id. */
interface LoggedEvent {
  readonly sequence: number;
  /** Length of the policy documents in it. */
  readonly weight: number;
  /** The whole frame, ready to be sent. */
  readonly frame: string;
}

/** Limits of an event log; it keeps no more than either allows, but always the last event. */
export interface EventLogLimits {
  readonly events: number;
  /** Total length of the policy documents in the events. */
  readonly characters: number;
}

/**
 * The most recent events, for clients that reconnect.
 *
 * Ids are `<epoch>-<sequence>`: an id of another process is never taken for one of this process.
 */
export class EventLog {
  readonly #epoch: string;
  readonly #limits: EventLogLimits;
  readonly #events: LoggedEvent[] = [];
  /** Of all kept events. */
  #weight = 0;
  readonly #listeners = new Set<() => void>();
  #sequence = 0;

  /**
   * @param epoch distinguishes this process from others; no `-` and no line breaks.
   */
  constructor(epoch: string, limits: EventLogLimits) {
    this.#epoch = epoch;
    this.#limits = limits;
  }

  /** Keeps an event and calls the listeners. */
  add(event: ControllerEvent, time: Date): void {
    const sequence = ++this.#sequence;
    const id = this.#id(sequence);
    let frame: string | undefined;
    const logged: LoggedEvent = {
      sequence,
      weight: weightOf(event),
      // Serialized on demand: a start with 10,000 policies has no listeners yet.
      get frame() {
        if (frame === undefined) {
          const data = JSON.stringify({ ...event, time: time.toISOString() });
          frame = `id: ${id}\nevent: ${event.type}\ndata: ${data}\n\n`;
        }
        return frame;
      },
    };
    this.#events.push(logged);
    this.#weight += logged.weight;
    const { events, characters } = this.#limits;
    while (this.#events.length > 1 && (this.#events.length > events || this.#weight > characters)) {
      this.#weight -= this.#events.shift()?.weight ?? 0;
    }
    for (const listener of this.#listeners) listener();
  }

  /** Sequence of the next event that will happen. */
  get nextSequence(): number {
    return this.#sequence + 1;
  }

  /** Sequence of the oldest event that is kept; that of the next one when none is. */
  get firstSequence(): number {
    return this.#events[0]?.sequence ?? this.nextSequence;
  }

  /**
   * Sequence of the event after the one with this id; undefined when events between that one and the oldest
   * one kept are missing, or when the id is of another process: the client must read everything again.
   */
  after(lastEventId: string): number | undefined {
    const [epoch, sequence] = lastEventId.split("-");
    const last = Number(sequence);
    const known = epoch === this.#epoch && Number.isInteger(last) && last <= this.#sequence;
    return known && last >= this.firstSequence - 1 ? last + 1 : undefined;
  }

  /**
   * The frames of kept events from one on, as one text: at least one, and no further one beyond this many
   * characters. `next`: the sequence to go on with.
   */
  framesFrom(sequence: number, characters: number): { text: string; next: number } {
    let text = "";
    let next = sequence;
    for (; next < this.nextSequence; next++) {
      const frame = this.#events[next - this.firstSequence]?.frame ?? "";
      if (text !== "" && text.length + frame.length > characters) break;
      text += frame;
    }
    return { text, next };
  }

  /**
   * The id of the last event, without an event: a client that loses its connection before the first event can
   * name where it was.
   */
  positionFrame(): string {
    return `id: ${this.#id(this.#sequence)}\n\n`;
  }

  /** The frame that reports missed events; carries the id of the last event. */
  gapFrame(): string {
    return `id: ${this.#id(this.#sequence)}\nevent: gap\ndata: {"type":"gap"}\n\n`;
  }

  /** Calls back at every event from now on; returns a function that ends this. */
  listen(listener: () => void): () => void {
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
