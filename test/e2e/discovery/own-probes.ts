// SPDX-License-Identifier: Apache-2.0
import { frameFields } from "../../../src/packet/index.ts";
import { DiscoveryRecords, openLevelStore } from "../../../src/store/index.ts";
import { PROBE_SOURCE, readProbe } from "../../../src/topology/index.ts";

/** The key with which controllers in tests sign their probes, and make their one-sided marks. */
export const PROBE_KEY = Buffer.alloc(32, "tests know it");

/** Stores the tests' key in a data directory that no controller has used yet. */
export async function seedProbeKey(directory: string): Promise<void> {
  const store = await openLevelStore(directory);
  await new DiscoveryRecords(store).probeKey(() => PROBE_KEY.toString("hex"));
  await store.close();
}

/** Frames, as hex, by receiver, without the controller's own probes: signed ones, and those of hosts. */
export function withoutProbes(
  received: Readonly<Record<string, readonly string[]>>,
): Record<string, string[]> {
  const entries = Object.entries(received).map(([host, frames]) => {
    const others = frames.filter((hex) => {
      const frame = Buffer.from(hex, "hex");
      return !isOwnProbe(frame) && !isHostProbe(frame);
    });
    return [host, others] as const;
  });
  return Object.fromEntries(entries.filter(([, frames]) => frames.length > 0));
}

export function isOwnProbe(frame: Uint8Array): boolean {
  return readProbe(frame, PROBE_KEY).type === "probe";
}

/** Whether a frame asks one host for an address. */
export function isHostProbe(frame: Uint8Array): boolean {
  const fields = frameFields(frame);
  if (fields?.ethSrc !== PROBE_SOURCE) return false;
  return fields.arpOp !== undefined || fields.icmpv6Type !== undefined;
}
