// SPDX-License-Identifier: Apache-2.0

/**
 * Characters that move the cursor, end a line, reorder or hide text, or have no defined width: controls
 * (C0, DEL, C1), format characters (bidirectional overrides, zero-width), lone surrogates, private and
 * unassigned code points, line and paragraph separators, invisible fillers, and all spaces but the ASCII
 * one.
 */
const HIDDEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;

/** Marks beyond the fourth on one character: a stack of them covers the lines above and below. */
const STACKED_MARKS = /(?<=\p{M}{4})\p{M}/gu;

const SHORT: Readonly<Record<string, string>> = {
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\f": "\\f",
  "\r": "\\r",
};

/**
 * Text from outside, for a line of a terminal: what could forge lines, columns or colours is written as in
 * JSON (`\n`, `\u001b`). A backslash stays as it is: the exact text is in the JSON output.
 */
export function visible(text: string): string {
  return text.replace(HIDDEN, escaped).replace(STACKED_MARKS, escaped);
}

/**
 * A cell of a table whose columns are two spaces apart: as `visible`, and no spaces at its ends or beside
 * each other, so that a cell never reads as two.
 */
export function visibleCell(text: string): string {
  return visible(text).replace(/^ | $|(?<= ) /g, escaped);
}

/** JSON text for a terminal: the same JSON value, without hidden characters. */
export function visibleJson(json: string): string {
  // Line breaks and spaces outside strings are layout; inside strings, JSON has escaped line breaks.
  const units = (found: string) => (found === "\n" ? found : codeUnits(found));
  return json.replace(HIDDEN, units).replace(STACKED_MARKS, units);
}

function escaped(text: string): string {
  return SHORT[text] ?? codeUnits(text);
}

function codeUnits(text: string): string {
  return Array.from(
    { length: text.length },
    (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("");
}

/**
 * Code points of two columns besides emoji.
 *
 * @see Unicode Standard Annex 11, East Asian Width W and F.
 */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;
const WIDE_EMOJI = /\p{Emoji_Presentation}/u;
const NO_WIDTH = /[\p{Mn}\p{Me}]/u;
const ASCII = /^[ -~]*$/;

/** Columns of a terminal that visible text takes. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) {
    if (NO_WIDTH.test(character)) continue;
    width += WIDE.test(character) || WIDE_EMOJI.test(character) ? 2 : 1;
  }
  return width;
}
