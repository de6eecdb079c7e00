// SPDX-License-Identifier: Apache-2.0
/** Pictures for the documentation: PNG files with a palette, a third of the size of a browser's. */
import { crc32, deflateSync } from "node:zlib";
import type { Page } from "playwright-core";

const MOST_COLOURS = 256;

/** Pixels as four bytes each: red, green, blue, alpha. */
interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A picture of what the window shows. */
export async function picture(page: Page): Promise<Uint8Array> {
  return palettePng(await pixelsOf(page, await page.screenshot()));
}

/** The browser decodes its own PNG. */
async function pixelsOf(page: Page, png: Uint8Array): Promise<Pixels> {
  const { width, height, text } = await page.evaluate(async (encoded) => {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes]));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext("2d");
    if (!context) throw new Error("no canvas");
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let text = "";
    for (let at = 0; at < data.length; at += 0x8000)
      text += String.fromCharCode(...data.subarray(at, at + 0x8000));
    return { width: canvas.width, height: canvas.height, text: btoa(text) };
  }, Buffer.from(png).toString("base64"));
  return { width, height, data: Buffer.from(text, "base64") };
}

/** A PNG with at most 256 colours; rarer ones become the nearest of these. @spec PNG, third edition, §11.2 */
function palettePng({ width, height, data }: Pixels): Uint8Array {
  const palette = frequentColours(data);
  const nearest = new Map<number, number>();
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const colour = colourAt(data, 4 * (y * width + x));
      let index = nearest.get(colour);
      if (index === undefined) {
        index = nearestIndex(palette, colour);
        nearest.set(colour, index);
      }
      // Each row begins with the type of its filter: 0, none.
      rows[y * (width + 1) + 1 + x] = index;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits per pixel, with a palette.
  header.set([8, 3, 0, 0, 0], 8);
  const colours = Buffer.from(palette.flatMap((colour) => channels(colour)));
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    chunk("IHDR", header),
    chunk("PLTE", colours),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** The most frequent colours; of those that differ in the last three bits of each channel only the first. */
function frequentColours(data: Uint8Array): number[] {
  const counts = new Map<number, number>();
  for (let at = 0; at < data.length; at += 4) {
    const colour = colourAt(data, at);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a).map(([colour]) => colour);
  if (sorted.length <= MOST_COLOURS) return sorted;
  const taken = new Map<number, number>();
  for (const colour of sorted) {
    const bucket = colour & 0xf8f8f8;
    // Grounds and lines differ little and are frequent: they stay exact.
    const key = taken.size < 32 ? colour | 0x1000000 : bucket;
    if (!taken.has(key)) taken.set(key, colour);
    if (taken.size === MOST_COLOURS) break;
  }
  return [...taken.values()];
}

function nearestIndex(palette: readonly number[], colour: number): number {
  const target = channels(colour);
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (const [index, each] of palette.entries()) {
    const distance = channels(each).reduce(
      (sum, value, channel) => sum + (value - (target[channel] ?? 0)) ** 2,
      0,
    );
    if (distance < least) [best, least] = [index, distance];
  }
  return best;
}

function colourAt(data: Uint8Array, at: number): number {
  return ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
}

function channels(colour: number): [number, number, number] {
  return [colour >> 16, (colour >> 8) & 255, colour & 255];
}

function chunk(type: string, content: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}
