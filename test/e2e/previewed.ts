// SPDX-License-Identifier: Apache-2.0
import { type CapturedFrame, PcapngReader } from "../../src/packet/index.ts";
import { waitFor } from "../lab/index.ts";
import type { VtapProcess } from "./vtap-process.ts";

/** A preview that a client has asked for. */
export class Previewed {
  readonly #gone = new AbortController();
  readonly #parts: Uint8Array[] = [];
  #isOver = false;
  readonly status: number;
  /** The problem, if it is refused. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read members of all problems.
  readonly problem: any;

  private constructor(status: number, problem: unknown) {
    this.status = status;
    this.problem = problem;
  }

  /** Resolves when the preview has begun, or is refused. */
  static async start(vtap: VtapProcess, id: string, body?: object): Promise<Previewed> {
    const gone = new AbortController();
    const response = await fetch(
      `http://127.0.0.1:${vtap.httpPort}/api/v1/policies/${id}:preview`,
      {
        method: "POST",
        signal: gone.signal,
        ...(body === undefined
          ? {}
          : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      },
    );
    if (response.status !== 200) {
      return new Previewed(response.status, await response.json());
    }
    const preview = new Previewed(200, undefined);
    preview.#gone.signal.addEventListener("abort", () => gone.abort());
    void preview.#read(response);
    return preview;
  }

  /** As `start`; throws if it is refused. */
  static async begin(vtap: VtapProcess, id: string, body?: object): Promise<Previewed> {
    const preview = await Previewed.start(vtap, id, body);
    if (preview.status !== 200) throw new Error(preview.problem.detail);
    return preview;
  }

  async #read({ body }: Response): Promise<void> {
    try {
      for await (const part of body ?? []) this.#parts.push(part);
    } catch {
      // The test has ended it.
    }
    this.#isOver = true;
  }

  /** The file so far. */
  get file(): Uint8Array {
    return Buffer.concat(this.#parts);
  }

  get frames(): readonly CapturedFrame[] {
    return new PcapngReader().read(this.file).flatMap(({ frame }) => frame ?? []);
  }

  /** The bytes of the frames in hex. */
  get hex(): readonly string[] {
    return this.frames.map(({ bytes }) => Buffer.from(bytes).toString("hex"));
  }

  /** Waits until so many frames have come. */
  async has(count: number): Promise<void> {
    await waitFor(() => this.frames.length >= count, { what: `${count} previewed frames` });
  }

  /** Waits for its end. */
  async over(): Promise<void> {
    await waitFor(() => this.#isOver, { what: "the preview to end" });
  }

  /** The client disconnects. */
  async kill(): Promise<void> {
    this.#gone.abort();
    await this.over();
  }
}
