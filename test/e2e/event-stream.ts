// SPDX-License-Identifier: Apache-2.0
import { waitFor } from "../lab/index.ts";

/** An event of `/events`. */
export interface ReceivedEvent {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read members of all event types.
  readonly [member: string]: any;
}

/** Records all events of `/events` from now on. */
export class EventStream {
  readonly events: ReceivedEvent[] = [];
  readonly #closed = new AbortController();

  private constructor() {}

  static async open(httpPort: number, query = ""): Promise<EventStream> {
    const stream = new EventStream();
    const { signal } = stream.#closed;
    const url = `http://127.0.0.1:${httpPort}/api/v1/events${query}`;
    const response = await fetch(url, { signal });
    void stream.#read(response).catch(() => undefined);
    return stream;
  }

  close(): void {
    this.#closed.abort();
  }

  /** Waits for an event of a type that meets a condition; events received earlier count. */
  async received(
    type: string,
    is: (event: ReceivedEvent) => boolean = () => true,
  ): Promise<ReceivedEvent> {
    const find = () => this.events.find((event) => event.type === type && is(event));
    await waitFor(() => find() !== undefined, { what: `an event ${type}` });
    return find() as ReceivedEvent;
  }

  async #read(response: Response): Promise<void> {
    let text = "";
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      const frames = text.split("\n\n");
      text = frames.pop() ?? "";
      for (const frame of frames) {
        const data = /^data: (.*)$/m.exec(frame)?.[1];
        if (data !== undefined) this.events.push(JSON.parse(data));
      }
    }
  }
}
