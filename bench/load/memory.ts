// SPDX-License-Identifier: Apache-2.0

/** Memory of the server, in MiB. */
export interface Memory {
  readonly rss: number;
  /** JavaScript heap in use, with what the next garbage collection frees. */
  readonly heap: number;
}

/** What the server's own metrics report. */
export async function memoryOf(url: string): Promise<Memory> {
  const response = await fetch(`${url}/metrics`, { headers: { connection: "close" } });
  const text = await response.text();
  const gauge = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
  const mebibytes = (name: string) => gauge(name) / 2 ** 20;
  return {
    rss: mebibytes("process_resident_memory_bytes"),
    heap: mebibytes("process_heap_bytes"),
  };
}

/** The larger of each. */
export function peakOf(a: Memory, b: Memory): Memory {
  return { rss: Math.max(a.rss, b.rss), heap: Math.max(a.heap, b.heap) };
}
