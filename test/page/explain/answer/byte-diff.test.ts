// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  changesInWords,
  type DiffRun,
  diffFrames,
} from "../../../../src/page/explain/answer/byte-diff.ts";
import { bytesOfHex, hexOfBytes } from "../../../../src/page/explain/capture/hex-text.ts";

const frame = fc.uint8Array({ minLength: 0, maxLength: 120 });

/** The later frame, made of the earlier one and the runs. */
function applied(before: Uint8Array, after: Uint8Array, runs: readonly DiffRun[]): number[] {
  return runs.flatMap(({ kind, before: at, after: to, length }) => {
    if (kind === "removed") return [];
    return [
      ...(kind === "same" ? before.subarray(at, at + length) : after.subarray(to, to + length)),
    ];
  });
}

test("the runs cover both frames in order, and make the later one of the earlier one", () => {
  fc.assert(
    fc.property(frame, frame, (before, after) => {
      const runs = diffFrames(before, after);
      expect(applied(before, after, runs)).toEqual([...after]);
      const covered = (kinds: readonly DiffRun["kind"][]) =>
        runs
          .filter(({ kind }) => kinds.includes(kind))
          .reduce((sum, { length }) => sum + length, 0);
      expect(covered(["same", "changed", "removed"])).toBe(before.length);
      expect(covered(["same", "changed", "added"])).toBe(after.length);
    }),
  );
});

test("a pushed tag is only that, and popping it is the reverse", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 14, maxLength: 120 }), fc.nat(0xffff), (before, tag) => {
      const after = Uint8Array.from([
        ...before.subarray(0, 12),
        ...[0x81, 0x00, tag >> 8, tag & 0xff],
        ...before.subarray(12),
      ]);
      const changes = (a: Uint8Array, b: Uint8Array) =>
        diffFrames(a, b).filter(({ kind }) => kind !== "same");
      expect(changes(before, after)).toEqual([{ kind: "added", before: 12, after: 12, length: 4 }]);
      expect(changes(after, before)).toEqual([
        { kind: "removed", before: 12, after: 12, length: 4 },
      ]);
    }),
  );
});

const TCP =
  "fa0000000002fa00000000010800450000280001000040060000" +
  "0a0000010a0000021000005000000000000000005000000000000000";

test.each([
  ["nothing", TCP, []],
  [
    "the destination address",
    TCP.replace("fa0000000002", "fa0000000009"),
    ["Ethernet destination fa:00:00:00:00:02 → fa:00:00:00:00:09"],
  ],
  ["a tag", `${TCP.slice(0, 24)}81000fa1${TCP.slice(24)}`, ["VLAN tag 4001 pushed"]],
  ["the TTL", TCP.replace("4006", "3f06"), ["IPv4 TTL 64 → 63"]],
  ["the end", TCP.slice(0, 80), ["the last 14 bytes cut off"]],
  ["payload", `${TCP.slice(0, -2)}ff`, ["1 byte of payload at 53"]],
])("%s in words", (_, after, words) => {
  expect(changesInWords(bytesOfHex(TCP), bytesOfHex(after))).toEqual(words);
  expect(hexOfBytes(bytesOfHex(after))).toBe(after);
});
