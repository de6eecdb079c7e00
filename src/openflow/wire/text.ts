// SPDX-License-Identifier: Apache-2.0
/**
 * Text in fixed fields: UTF-8 up to the first NUL.
 *
 * A byte that is not valid UTF-8 becomes a lone low surrogate U+DC80..U+DCFF and is encoded as the
 * same byte (Python's surrogateescape), so that a switch's description survives a round trip.
 */

/** Length in bytes of the valid UTF-8 sequence at `at`, or 0. */
function sequenceLength(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at] ?? 0;
  const length = lengthAfter(lead);
  if (length === 0 || at + length > end) return 0;
  for (let i = 1; i < length; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  return length === 1 || isAllowedSecond(lead, bytes[at + 1] ?? 0) ? length : 0;
}

/** Length of the sequence that begins with a byte; 0 if none does. */
function lengthAfter(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

/** Whether a sequence is the shortest for its code point, and no surrogate. @see RFC 3629 §4 */
function isAllowedSecond(lead: number, second: number): boolean {
  if (lead === 0xe0) return second >= 0xa0;
  if (lead === 0xed) return second <= 0x9f;
  if (lead === 0xf0) return second >= 0x90;
  return lead !== 0xf4 || second <= 0x8f;
}

/** The text of `bytes[start, end)` up to the first NUL. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; ) {
    const byte = bytes[at] ?? 0;
    if (byte === 0) break;
    const length = sequenceLength(bytes, at, end);
    if (length <= 1) {
      text += String.fromCharCode(length === 1 ? byte : 0xdc00 + byte);
      at += 1;
      continue;
    }
    let point = byte & (0x7f >> length);
    for (let i = 1; i < length; i++) point = (point << 6) | ((bytes[at + i] ?? 0) & 0x3f);
    text += String.fromCodePoint(point);
    at += length;
  }
  return text;
}

/** The inverse of {@link decodeText}. */
export function encodeText(text: string): number[] {
  const out: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    if (point < 0x80) out.push(point);
    else if (point >= 0xdc80 && point <= 0xdcff) out.push(point - 0xdc00);
    else if (point < 0x800) out.push(0xc0 | (point >> 6), 0x80 | (point & 0x3f));
    else if (point < 0x10000) {
      out.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    } else {
      out.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 0x3f));
      out.push(0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    }
  }
  return out;
}
