// SPDX-License-Identifier: Apache-2.0
import type { Store } from "../../src/store/index.ts";
import { waitFor } from "../lab/index.ts";

/** The keys that begin with `k/`, in order. */
export async function keys(store: Store): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.range({ from: "k/", until: "k0" })) found.push(key);
  return found;
}

/** Waits until the store takes writes, without writing. */
export async function recovered(store: Store): Promise<void> {
  await waitFor(() => store.health.state === "working", { what: "the store to recover" });
}
