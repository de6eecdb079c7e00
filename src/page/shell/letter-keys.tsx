// SPDX-License-Identifier: Apache-2.0
import { letterKeys, setLetterKeys } from "../app/keys.ts";

/** Turns the keys of a single letter on and off. @see WCAG 2.2, 2.1.4 */
export function LetterKeys() {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={letterKeys.value}
        onChange={(event) => setLetterKeys(event.currentTarget.checked)}
      />
      Keys of a single letter
    </label>
  );
}
