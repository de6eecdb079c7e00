// SPDX-License-Identifier: Apache-2.0
import { onTestFinished } from "vitest";

/** An event of an event stream. */
export interface Received {
  /** Absent for events that a client which returns does not receive again. */
  readonly id?: string;
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what tests are about
  readonly data: any;
}

interface StreamOptions {
  readonly lastEventId?: string | undefined;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An event stream; `next` waits for the next event, or gives undefined at the end; `close` leaves it. */
export async function openStream(
  { url }: { readonly url: string },
  { lastEventId, query = "", headers = {} }: StreamOptions = {},
) {
  const closed = new AbortController();
  onTestFinished(() => closed.abort());
  const last: Record<string, string> =
    lastEventId === undefined ? {} : { "last-event-id": lastEventId };
  const response = await fetch(`${url}/api/v1/events${query}`, {
    headers: { ...headers, ...last },
    signal: closed.signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  const next = async (): Promise<Received | undefined> => {
    for (;;) {
      const end = buffer.indexOf("\n\n");
      if (end >= 0) {
        const frame = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        const lines = frame.split("\n").map((line) => line.split(/: (.*)/s));
        const fields = Object.fromEntries(lines.map(([name, value]) => [name, value]));
        if (fields.event) return { ...fields, data: JSON.parse(fields.data) } as Received;
        continue;
      }
      const chunk = await reader?.read();
      if (!chunk || chunk.done) return undefined;
      buffer += chunk.value;
    }
  };
  return { response, next, close: () => closed.abort() };
}
