// SPDX-License-Identifier: Apache-2.0
import {
  type CapturedFrame,
  pcapngFrame,
  pcapngHeader,
  pcapngStatistics,
} from "../../packet/index.ts";
import type { Clock } from "../../runtime/clock.ts";

/** What a preview shows, and until when. */
interface PreviewStreamOptions {
  readonly application: string;
  /** The name of the interface. */
  readonly name: string;
  /** Most bytes of a frame. */
  readonly bytes: number;
  /** Ends after so many frames. */
  readonly packets: number;
  /** Microseconds since 1970. */
  readonly now: () => bigint;
  readonly clock: Clock;
  /** No frame is taken any more. */
  readonly ended: () => void;
}

/**
 * Without a frame for so long, in milliseconds, the numbers so far are sent: a connection on which nothing moves
 * would be closed.
 */
const QUIET_MS = 30_000;

/** Most bytes that wait for a client that reads slowly: frames beyond are counted as dropped. */
const MOST_WAITING_BYTES = 1024 * 1024;

/**
 * The frames of a preview as a capture file, while they arrive. The file is complete however the preview ends.
 *
 * Transitions: open -> (as many frames as requested, or `end`) ended.
 */
export class PreviewStream {
  readonly #options: PreviewStreamOptions;
  readonly #from: bigint;
  #waiting: Uint8Array[];
  #waitingBytes = 0;
  #wake: () => void = () => undefined;
  #taken = 0;
  #dropped = 0;
  #isEnded = false;

  constructor(options: PreviewStreamOptions) {
    this.#options = options;
    this.#from = options.now();
    const { application, name, bytes: snapLength } = options;
    this.#waiting = [pcapngHeader(application, { name, snapLength })];
  }

  /** Takes a frame. It is copied: its bytes may be those of a socket's buffer. */
  add({ bytes, length }: Omit<CapturedFrame, "at">): void {
    const { packets, bytes: most, now } = this.#options;
    if (this.#isEnded) return;
    const block = pcapngFrame({ at: now(), bytes: bytes.subarray(0, most), length });
    if (this.#waitingBytes + block.length > MOST_WAITING_BYTES) {
      this.#dropped++;
      return;
    }
    this.#taken++;
    this.#waitingBytes += block.length;
    this.#waiting.push(block);
    if (this.#taken >= packets) this.end();
    else this.#wake();
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#options.ended();
    this.#wake();
  }

  /** The file in parts of whole blocks; ends when the preview does. */
  async *parts(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const part = this.#waiting;
      this.#waiting = [];
      this.#waitingBytes = 0;
      if (part.length > 0) yield Buffer.concat(part);
      if (this.#waiting.length > 0) continue;
      if (this.#isEnded) break;
      if ((await this.#news()) === "quiet") yield this.#statistics();
    }
    yield this.#statistics();
  }

  #news(): Promise<"frame" | "quiet"> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(QUIET_MS, () => resolve("quiet"));
      this.#wake = () => {
        cancel();
        resolve("frame");
      };
    });
  }

  #statistics(): Uint8Array {
    return pcapngStatistics({
      ...{ from: this.#from, to: this.#options.now() },
      ...{ received: this.#taken + this.#dropped, dropped: this.#dropped },
    });
  }
}
