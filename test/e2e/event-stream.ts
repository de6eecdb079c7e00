import { waitFor } from "../lab/index.ts";

/** An event as `/events` tells it. */
export interface ToldEvent {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes.
  readonly [member: string]: any;
}

/** Everything that `/events` tells from now on. */
export class EventStream {
  readonly events: ToldEvent[] = [];
  readonly #closed = new AbortController();

  private constructor() {}

  static async open(httpPort: number): Promise<EventStream> {
    const stream = new EventStream();
    const { signal } = stream.#closed;
    const url = `http://127.0.0.1:${httpPort}/api/v1/events`;
    const response = await fetch(url, { signal });
    void stream.#read(response).catch(() => undefined);
    return stream;
  }

  close(): void {
    this.#closed.abort();
  }

  /** Waits for an event of a type that has certain members. */
  async told(type: string, is: (event: ToldEvent) => boolean = () => true): Promise<ToldEvent> {
    const find = () => this.events.find((event) => event.type === type && is(event));
    await waitFor(() => find() !== undefined, { what: `an event ${type}` });
    return find() as ToldEvent;
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
