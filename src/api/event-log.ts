import type { ControllerEvent } from "../contract/events.ts";

/** An event as a client reads it: a server-sent event with its id. */
export interface LoggedEvent {
  readonly sequence: number;
  /** The whole frame, ready to be sent. */
  readonly frame: string;
}

/** How much an event log keeps: what comes first counts. */
export interface EventLogLimits {
  readonly events: number;
  /** Of the documents in them, which may be long. */
  readonly characters: number;
}

/** What a client that comes back has missed. */
export interface Replay {
  readonly events: readonly LoggedEvent[];
  /** Whether some of what it missed is no longer known: it must read everything again. */
  readonly gap: boolean;
}

/**
 * The last events, so that a client that lost its connection gets what it missed.
 *
 * Ids are `<process>-<sequence>`: one of another process is never mistaken for one of this.
 */
export class EventLog {
  readonly #epoch: string;
  readonly #limits: EventLogLimits;
  readonly #events: (LoggedEvent & { readonly weight: number })[] = [];
  /** Of all events that are kept. */
  #weight = 0;
  readonly #listeners = new Set<(event: LoggedEvent) => void>();
  #sequence = 0;

  /**
   * @param epoch tells this process from others; no `-` and no line breaks.
   */
  constructor(epoch: string, limits: EventLogLimits) {
    this.#epoch = epoch;
    this.#limits = limits;
  }

  /** Keeps an event and passes it on. */
  add(event: ControllerEvent, time: Date): void {
    const sequence = ++this.#sequence;
    const id = this.#id(sequence);
    // Written out when somebody wants it: at a start with 10,000 policies nobody listens yet.
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

  /** The frame that tells a client that it missed something; carries the id of the last event. */
  gapFrame(): string {
    return `id: ${this.#id(this.#sequence)}\nevent: gap\ndata: {"type":"gap"}\n\n`;
  }

  /** Calls back for every event from now on; returns how to stop. */
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

/** The length of the policies in an event, which is kept as long as it is. All else is short. */
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
