// SPDX-License-Identifier: Apache-2.0

/** Memory of the server, in MiB. */
export interface Memory {
  readonly rss: number;
  /** JavaScript heap in use, with what the next garbage collection frees. */
  readonly heap: number;
}

/** What the server's own metrics report. */
export async function memoryOf(url: string): Promise<Memory> {
  const gauge = await gaugesOf(url);
  const mebibytes = (name: string) => gauge(name) / 2 ** 20;
  return {
    rss: mebibytes("process_resident_memory_bytes"),
    heap: mebibytes("process_heap_bytes"),
  };
}

/** Event streams and waiting requests that hold a place. */
export async function placesTaken(url: string): Promise<number> {
  const gauge = await gaugesOf(url);
  return gauge("openvtap_event_streams") + gauge("openvtap_waiting_requests");
}

async function gaugesOf(url: string): Promise<(name: string) => number> {
  const response = await fetch(`${url}/metrics`, { headers: { connection: "close" } });
  const text = await response.text();
  return (name) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
}

/** The larger of each. */
export function peakOf(a: Memory, b: Memory): Memory {
  return { rss: Math.max(a.rss, b.rss), heap: Math.max(a.heap, b.heap) };
}
