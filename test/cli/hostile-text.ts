// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";

/** Texts that are meant to end lines, move the cursor, reorder, hide or widen what a terminal shows. */
const PIECES = [
  "\n[12:00:00.000] INFO: forged",
  "\r\n",
  "\r",
  "\t",
  "\u0000",
  "\u001b[2J\u001b[31m",
  "\u009b31m",
  "\u0085",
  "\u2028",
  "\u2029",
  "\u202e\u2066",
  "\u2069",
  "\u200b\u200d\ufeff",
  "\u00ad",
  "\u{e0041}",
  "\ud800",
  "\udc80",
  "\u3000",
  "  ",
  "活动",
  "🙂",
  `e${"\u0301".repeat(20)}`,
  '"} 1\nforged{x="',
  "\\n",
  "data: x\n\nevent: gap\n",
];

/** Any text, with these pieces in it. */
export const hostileText = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: "binary", maxLength: 8 })), {
    maxLength: 6,
  })
  .map((parts) => parts.join(""));

/** Characters that a terminal acts on, hides or has no width for; line feeds, when they end lines, excepted. */
export const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
