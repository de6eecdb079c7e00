// SPDX-License-Identifier: Apache-2.0
import { signal } from "@preact/signals";
import { type ProblemDocument, problemFrom, send } from "../data/rest.ts";
import { type CapturedFrame, PcapngReader } from "../explain/capture/pcapng.ts";
import { policyPath } from "../policies/actions.ts";

/** What the user asks for. */
export interface PreviewRequest {
  readonly packets: number;
  readonly seconds: number;
  readonly whole: boolean;
  /** As the policy names it; absent: the first. */
  readonly monitor?: string;
}

/** Frames that are listed; the file has all. */
export const MOST_LISTED = 200;

const MEDIA_TYPE = "application/x-pcapng";

/** Copies of a policy while they arrive, and the file that they make. */
export class PreviewRun {
  readonly state = signal<"idle" | "running" | "ended">("idle");
  readonly problem = signal<ProblemDocument | undefined>(undefined);
  /** The first frames. */
  readonly listed = signal<readonly CapturedFrame[]>([]);
  readonly count = signal(0);
  /** Frames that the server left out because they came too fast. */
  readonly dropped = signal(0);

  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #reader = new PcapngReader();
  #abort = new AbortController();

  /** Shows copies of a policy from now on; what was shown before is forgotten. */
  async start(id: string, request: PreviewRequest): Promise<void> {
    this.stop();
    const abort = new AbortController();
    this.#abort = abort;
    this.#chunks = [];
    this.#reader = new PcapngReader();
    this.listed.value = [];
    this.count.value = 0;
    this.dropped.value = 0;
    this.problem.value = undefined;
    this.state.value = "running";
    try {
      const response = await send("POST", `${policyPath(id)}:preview`, {
        body: request,
        headers: { accept: MEDIA_TYPE },
        signal: abort.signal,
      });
      const reader = response.body?.getReader();
      for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
        this.#take(part.value);
      }
    } catch (error) {
      if (!abort.signal.aborted) this.problem.value = problemFrom(error);
    } finally {
      // A later start has the state now.
      if (this.#abort === abort) this.state.value = "ended";
    }
  }

  /** Ends the preview; what has arrived stays. */
  stop(): void {
    this.#abort.abort();
  }

  /** The file so far, as Wireshark reads it. */
  file(): Blob {
    // A stop may cut the last block.
    return new Blob(this.#chunks).slice(0, this.#reader.consumed, MEDIA_TYPE);
  }

  #take(chunk: Uint8Array<ArrayBuffer>): void {
    this.#chunks.push(chunk);
    const frames: CapturedFrame[] = [];
    for (const record of this.#reader.read(chunk)) {
      if (record.type === "frame") frames.push(record.frame);
      else this.dropped.value = record.count;
    }
    if (frames.length === 0) return;
    this.count.value += frames.length;
    const room = MOST_LISTED - this.listed.value.length;
    if (room > 0) this.listed.value = [...this.listed.value, ...frames.slice(0, room)];
  }
}
