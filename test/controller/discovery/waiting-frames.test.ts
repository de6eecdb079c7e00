// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { PuntedFrame } from "../../../src/controller/discovery/packet-ins.ts";
import { WaitingFrames } from "../../../src/controller/discovery/waiting-frames.ts";
import type { Dpid, PortNo } from "../../../src/topology/index.ts";

function frame(sw: number, port: number, byte: number): PuntedFrame {
  const dpid = sw.toString(16).padStart(16, "0") as Dpid;
  const bytes = Uint8Array.of(byte);
  return { dpid, port: port as PortNo, cookie: 0n, bytes, totalLength: 1 };
}

const texts = (frames: Iterable<PuntedFrame>) =>
  [...frames].map(({ dpid, port, bytes }) => `s${Number(dpid)}/${port} ${bytes.join()}`);

test("frames are kept until their port is an edge, and dropped when it is a link or removed", () => {
  const waiting = new WaitingFrames();
  const buffer = frame(1, 1, 7);
  waiting.keep(buffer);
  buffer.bytes.fill(0);
  for (const each of [frame(1, 1, 8), frame(1, 2, 9), frame(2, 1, 10), frame(3, 1, 11)]) {
    waiting.keep(each);
  }
  expect(texts(waiting.take(() => "probing"))).toEqual([]);
  const roles = waiting.take((dpid, port) => {
    if (dpid.endsWith("3")) return undefined;
    if (dpid.endsWith("2")) return "probing";
    return port === 1 ? "edge" : "link";
  });
  expect(texts(roles)).toEqual(["s1/1 7", "s1/1 8"]);
  expect(texts(waiting.take(() => "edge"))).toEqual(["s2/1 10"]);
  expect(texts(waiting.take(() => "edge"))).toEqual([]);
});

test("the number of frames kept per port is bounded", () => {
  const waiting = new WaitingFrames();
  for (let n = 0; n < 1000; n++) waiting.keep(frame(1, 1, n % 256));
  expect(texts(waiting.take(() => "edge"))).toHaveLength(64);
});
