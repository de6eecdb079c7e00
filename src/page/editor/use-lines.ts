// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";
import { isSame } from "./three-way.ts";

/**
 * Lines as the user types them. They are kept as long as the document says the same: a line such as
 * `10.0.` is not yet what it will be, and a space at its end means nothing to the document.
 *
 * @param meaning the text that the document gives back for a line
 */
export function useLines(
  texts: readonly (string | undefined)[],
  onLines: (lines: readonly string[]) => void,
  meaning: (line: string) => string,
) {
  const present = texts.map((text) => text ?? "");
  const [typed, setTyped] = useState({ lines: present, meant: present });
  const lines = isSame(typed.meant, present) ? typed.lines : present;
  return {
    lines,
    setLines: (next: readonly string[]) => {
      onLines(next);
      setTyped({ lines: [...next], meant: next.map(meaning) });
    },
  };
}
