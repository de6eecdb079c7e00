// SPDX-License-Identifier: Apache-2.0
import { computed, signal } from "@preact/signals";
import { formatHash, parseHash, type Route } from "./hash.ts";

/** Where the page is. All state that a link should restore is in it. */
export const route = signal<Route>(parseHash(""));

/** The screen: the first part of the path. */
export const screenName = computed(() => route.value.path[0] ?? "");

/** Follows the address from now on. */
export function listenToRoute(): void {
  const read = () => {
    route.value = parseHash(location.hash);
  };
  addEventListener("hashchange", read);
  read();
}

/** Goes to an address, as a link does. */
export function go(path: readonly string[], query: Readonly<Record<string, string>> = {}): void {
  location.hash = formatHash({ path, query });
}

/** Changes members of the query; an empty text removes one. `replace`: no step of the history. */
export function setQuery(
  change: Readonly<Record<string, string | undefined>>,
  { replace = true }: { readonly replace?: boolean } = {},
): void {
  const entries = Object.entries({ ...route.value.query, ...change });
  const query = Object.fromEntries(
    entries.filter((entry): entry is [string, string] => !!entry[1]),
  );
  const next = { ...route.value, query };
  if (!replace) {
    location.hash = formatHash(next);
    return;
  }
  history.replaceState(null, "", formatHash(next));
  route.value = next;
}
