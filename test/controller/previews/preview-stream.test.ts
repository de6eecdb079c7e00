// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, test } from "vitest";
import { PreviewStream } from "../../../src/controller/previews/preview-stream.ts";
import { PcapngReader } from "../../../src/packet/index.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";

let clock: FakeClock;
beforeEach(() => {
  clock = new FakeClock();
});

function stream({ packets = 3, bytes = 64 } = {}) {
  let ended = 0;
  const made = new PreviewStream({
    ...{ application: "OpenVTAP 1", name: "p/m", packets, bytes, clock },
    now: () => 5n,
    ended: () => ended++,
  });
  return { made, ended: () => ended };
}

const frame = (n: number, length = 60) => ({ bytes: new Uint8Array(length).fill(n), length });

async function blocksOf(made: PreviewStream) {
  const reader = new PcapngReader();
  const blocks = [];
  for await (const part of made.parts()) blocks.push(...reader.read(part));
  return blocks;
}

/** The numbers of the last block: frames received, and those dropped. */
function statistics(blocks: Awaited<ReturnType<typeof blocksOf>>) {
  const { bytes } = blocks.at(-1) ?? { bytes: new Uint8Array(0) };
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const fromEnd = (at: number) => Number(view.getBigUint64(bytes.length - at, true));
  return [fromEnd(28), fromEnd(16)];
}

test("shows frames while they arrive, and ends after as many as requested", async () => {
  const { made, ended } = stream();
  const parts = made.parts();
  const header = await parts.next();
  expect(header.done).toBe(false);
  const next = parts.next();
  made.add(frame(1));
  expect(Buffer.from((await next).value ?? []).toString("hex")).toContain("01".repeat(60));
  for (const n of [2, 3, 4]) made.add(frame(n));
  expect(ended()).toBe(1);
  const rest: Uint8Array[] = [];
  for await (const part of parts) rest.push(part);
  const text = Buffer.concat(rest).toString("hex");
  expect(text).toContain("03".repeat(60));
  expect(text).not.toContain("04".repeat(60));
});

test("cuts frames, and keeps their length", async () => {
  const { made } = stream({ packets: 1, bytes: 16 });
  made.add(frame(1, 60));
  const blocks = await blocksOf(made);
  expect(blocks.flatMap(({ frame }) => frame ?? [])).toMatchObject([
    { at: 5n, length: 60, bytes: new Uint8Array(16).fill(1) },
  ]);
  expect(statistics(blocks)).toEqual([1, 0]);
});

test("frames beyond a megabyte that waits for the client are counted as dropped", async () => {
  const { made } = stream({ packets: 10_000, bytes: 65_535 });
  for (let n = 0; n < 100; n++) made.add(frame(n, 60_000));
  made.end();
  const blocks = await blocksOf(made);
  const kept = blocks.filter(({ frame }) => frame).length;
  expect(kept).toBe(17);
  expect(statistics(blocks)).toEqual([100, 83]);
});

test("without a frame it is a whole file, too, and ends once", async () => {
  const { made, ended } = stream();
  made.end();
  made.end();
  made.add(frame(1));
  expect((await blocksOf(made)).length).toBe(3);
  expect(ended()).toBe(1);
});

test("without frames its numbers so far keep the connection open", async () => {
  const { made } = stream();
  const parts = made.parts();
  await parts.next();
  for (const _ of [1, 2]) {
    const next = parts.next();
    await Promise.resolve();
    clock.advance(30_000);
    expect((await next).value?.[0]).toBe(5);
  }
  const frame1 = parts.next();
  await Promise.resolve();
  made.add(frame(1));
  expect((await frame1).value?.[0]).toBe(6);
});
