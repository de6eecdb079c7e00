// SPDX-License-Identifier: Apache-2.0
/** Where the page is: the fragment of its address, such as `#/policies/web?tab=json`. */
export interface Route {
  /** Parts of the path, decoded: `["policies", "web"]`. Never empty. */
  readonly path: readonly string[];
  readonly query: Readonly<Record<string, string>>;
}

/** The screen that an address without a fragment shows. */
const HOME = "map";

/** Reads a fragment; never fails: parts that cannot be decoded stay as they are. */
export function parseHash(hash: string): Route {
  const text = hash.replace(/^#?\/?/, "");
  const mark = text.indexOf("?");
  const [path, query] = mark < 0 ? [text, ""] : [text.slice(0, mark), text.slice(mark + 1)];
  const parts = path.split("/").filter((part) => part !== "");
  return {
    path: parts.length > 0 ? parts.map(decoded) : [HOME],
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}

/** The fragment of a route; members of the query that are empty are left out. */
export function formatHash({ path, query }: Route): string {
  const entries = Object.entries(query).filter(([, value]) => value !== "");
  const tail = entries.length > 0 ? `?${new URLSearchParams(entries)}` : "";
  return `#/${path.map(encodeURIComponent).join("/")}${tail}`;
}

/** The address of a screen or of an object on it. */
export function href(path: readonly string[], query: Readonly<Record<string, string>> = {}) {
  return formatHash({ path, query });
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
