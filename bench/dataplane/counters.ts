// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";

/** Frames of one port. */
interface PortCounters {
  readonly received: number;
  readonly sent: number;
  /** Frames to be sent that were not; 0 where ports do not count them. */
  readonly dropped: number;
}

/** The counters of each port, from `dpctl/show -s`. */
export function portCounters(text: string): Map<string, PortCounters> {
  const ports =
    /^ {2}port \d+: (\S+).*\n\s+RX packets:(\d+).*\n\s+TX packets:(\d+) errors:\S+ dropped:(\S+)/gm;
  return new Map(
    [...text.matchAll(ports)].map(([, name = "", received, sent, dropped]) => [
      name,
      { received: Number(received), sent: Number(sent), dropped: Number(dropped) || 0 },
    ]),
  );
}

/** Processor time of a thread, in nanoseconds: other load on the machine does not count. */
export async function processorTime(thread: string): Promise<number> {
  const [time] = (await readFile(`${thread}/schedstat`, "utf8")).split(" ");
  return Number(time);
}
