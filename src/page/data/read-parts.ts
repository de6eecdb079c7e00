// SPDX-License-Identifier: Apache-2.0
import type { HostView } from "../../contract/hosts.ts";
import type { LinkView } from "../../contract/links.ts";
import type { PolicyView } from "../../contract/policies.ts";
import type { StatusView } from "../../contract/status.ts";
import type { SwitchView } from "../../contract/switches.ts";
import { type LiveState, linkKey, type Part } from "./live-state.ts";
import { type PolicyRow, policyRow } from "./policy-row.ts";
import { get } from "./rest.ts";

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string | null;
}

/** Items of a page: as many as the server gives at once. */
const PAGE = 1000;

/** All items of a list; `show` is called with those so far after each page but the last. */
export async function readList<T>(
  path: string,
  signal: AbortSignal,
  show: (items: readonly T[]) => void = () => undefined,
): Promise<T[]> {
  const items: T[] = [];
  for (let cursor = ""; ; ) {
    const query = `limit=${PAGE}${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`;
    const page = await get<Page<T>>(`${path}?${query}`, signal);
    for (const item of page.items) items.push(item);
    if (!page.nextCursor) return items;
    cursor = page.nextCursor;
    show(items);
  }
}

type Reader<P extends Part> = (
  signal: AbortSignal,
  show: (value: LiveState[P]) => void,
) => Promise<LiveState[P]>;

/** How each part of the state is read. */
export const READERS: { readonly [P in Part]: Reader<P> } = {
  status: (signal) => get<StatusView>("/status", signal),
  policies: async (signal, show) => {
    const rows = new Map<string, PolicyRow>();
    const add = (items: readonly PolicyView[]) => {
      for (const item of items.slice(rows.size)) rows.set(item.id, policyRow(item));
      return rows;
    };
    return add(
      await readList<PolicyView>("/policies", signal, (items) => show(new Map(add(items)))),
    );
  },
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
