// SPDX-License-Identifier: Apache-2.0
import type { HostView } from "../../contract/hosts.ts";
import type { LinkView } from "../../contract/links.ts";
import type { StatusView } from "../../contract/status.ts";
import type { SwitchView } from "../../contract/switches.ts";
import { type LiveState, linkKey, type Part } from "./live-state.ts";
import { get } from "./rest.ts";

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string | null;
}

/** Items of a page: as many as the server gives at once. */
const PAGE = 1000;

/** All items of a list. */
async function readList<T>(path: string, signal: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  for (let cursor = ""; ; ) {
    const query = `limit=${PAGE}${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`;
    const page = await get<Page<T>>(`${path}?${query}`, signal);
    for (const item of page.items) items.push(item);
    if (!page.nextCursor) return items;
    cursor = page.nextCursor;
  }
}

/** How each part of the state is read. */
export const READERS: {
  readonly [P in Part]: (signal: AbortSignal) => Promise<LiveState[P]>;
} = {
  status: (signal) => get<StatusView>("/status", signal),
  switches: (signal) => readList<SwitchView>("/switches", signal),
  hosts: async (signal) => {
    const items = await readList<HostView>("/hosts", signal);
    return new Map(items.map((host) => [host.mac, host]));
  },
  links: async (signal) => {
    const items = await readList<LinkView>("/links", signal);
    return new Map(items.map((link) => [linkKey(link), link]));
  },
};
