// SPDX-License-Identifier: Apache-2.0
/** Values that the browser keeps. A browser that keeps nothing is no error: the page then forgets them. */

/** The text under a key; undefined where there is none. */
export function stored(key: string): string | undefined {
  try {
    return localStorage.getItem(`vtap.${key}`) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a text under a key; undefined removes it. */
export function store(key: string, text: string | undefined): void {
  try {
    if (text === undefined) localStorage.removeItem(`vtap.${key}`);
    else localStorage.setItem(`vtap.${key}`, text);
  } catch {
    // Storage is full or disabled.
  }
}
