// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from "node:http";
import type { RatesService } from "../contract/observation/rates.ts";

/** More policies than there are. */
const ALL = Number.MAX_SAFE_INTEGER;

/** A client that follows rates. */
interface RateStream {
  readonly response: ServerResponse;
  /** Whether the client may still read them. */
  readonly isAllowed: () => boolean;
  /** The last sample that it has been sent; undefined: the next frame is a complete one. */
  sent: number | undefined;
}

/**
 * The event streams that carry rates (`?rates=1`). A frame is made once for all clients that have received the
 * one before; a client whose connection takes no more gets no frame, and then a complete one. Frames have no
 * id: a client that returns begins with a complete one. While no client follows, nothing is sampled for it.
 */
export class RateStreams {
  readonly #port: Pick<RatesService, "rates" | "watchRates">;
  readonly #streams = new Set<RateStream>();
  #unwatch: (() => void) | undefined;
  #isSending = false;
  /** A sample was taken while frames were sent. */
  #isDue = false;

  constructor(port: Pick<RatesService, "rates" | "watchRates">) {
    this.#port = port;
  }

  /** Sends rates from now on, the present ones at once; returns what ends it. */
  open({ response, isAllowed }: Omit<RateStream, "sent">): () => void {
    const stream: RateStream = { response, isAllowed, sent: undefined };
    this.#streams.add(stream);
    this.#unwatch ??= this.#port.watchRates(() => void this.#send());
    void this.#send();
    return () => {
      this.#streams.delete(stream);
      if (this.#streams.size === 0) this.close();
    };
  }

  close(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  async #send(): Promise<void> {
    this.#isDue = true;
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#isDue) {
      this.#isDue = false;
      await this.#sendFrames();
    }
    this.#isSending = false;
  }

  /** Sends the last sample to the clients that lack it. */
  async #sendFrames(): Promise<void> {
    /** By the sample that the client has. */
    const frames = new Map<number | undefined, { bytes: Uint8Array; sequence: number }>();
    for (const stream of [...this.#streams]) {
      const { response, sent } = stream;
      // What it has not read yet is not made more; whether it may read is checked where events are sent.
      if (response.writableNeedDrain || !stream.isAllowed()) {
        stream.sent = undefined;
        continue;
      }
      const frame = frames.get(sent) ?? (await this.#frame(sent));
      frames.set(sent, frame);
      if (frame.sequence === sent || !this.#streams.has(stream)) continue;
      response.write(frame.bytes);
      stream.sent = frame.sequence;
    }
  }

  async #frame(since: number | undefined) {
    const query = { limit: ALL, ...(since === undefined ? {} : { since }) };
    const { rates, sequence } = await this.#port.rates(query);
    return { sequence, bytes: Buffer.from(`event: rates\ndata: ${JSON.stringify(rates)}\n\n`) };
  }
}
