// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from "node:child_process";

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
/** Longer than any Ethernet frame here. */
const SNAPSHOT_BYTES = 2048;
const BUFFER_KIB = 16_384;

/** All frames that cross a host's interface in one direction, complete, as captured by tcpdump. */
export class Capture {
  readonly frames: Uint8Array[] = [];
  readonly #process: ChildProcess;
  #buffer: Uint8Array = new Uint8Array(0);
  #headerRead = false;

  private constructor(process: ChildProcess) {
    this.#process = process;
    process.stdout?.on("data", (chunk: Uint8Array) => this.#take(chunk));
  }

  /** Starts tcpdump in a namespace and waits until it listens. */
  static async start(namespace: string, direction: "in" | "out"): Promise<Capture> {
    const tcpdump = ["tcpdump", "-i", "eth0", "-Q", direction, "-U", "-w", "-", "-Z", "root"];
    // Each frame takes a slot of the snapshot length. With the default of 256 KiB for both, the buffer
    // holds eight frames, and a burst would look like loss.
    const room = ["--immediate-mode", "-s", String(SNAPSHOT_BYTES), "-B", String(BUFFER_KIB)];
    const args = ["netns", "exec", namespace, ...tcpdump, ...room];
    const child = spawn("ip", args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
    const capture = new Capture(child);
    let output = "";
    await new Promise<void>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`tcpdump in ${namespace}: ${output.trim()}`)));
      child.stderr.on("data", (chunk) => {
        output += String(chunk);
        if (output.includes("listening on")) resolve();
      });
    });
    return capture;
  }

  /** Stops tcpdump. */
  stop(): void {
    this.#process.kill();
  }

  #take(chunk: Uint8Array): void {
    const bytes = Buffer.concat([this.#buffer, chunk]);
    let at = 0;
    if (!this.#headerRead && bytes.length >= FILE_HEADER) {
      this.#headerRead = true;
      at = FILE_HEADER;
    }
    while (this.#headerRead && at + RECORD_HEADER <= bytes.length) {
      const end = at + RECORD_HEADER + bytes.readUInt32LE(at + 8);
      if (end > bytes.length) break;
      this.frames.push(Uint8Array.from(bytes.subarray(at + RECORD_HEADER, end)));
      at = end;
    }
    this.#buffer = bytes.subarray(at);
  }
}
