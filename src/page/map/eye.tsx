// SPDX-License-Identifier: Apache-2.0
/** The glyph of monitors. */
export function Eye() {
  return (
    <svg class="eye" viewBox="0 0 16 10" aria-hidden="true">
      <path d="M1 5q7-8 14 0-7 8-14 0z" />
      <circle cx="8" cy="5" r="1.8" />
    </svg>
  );
}
