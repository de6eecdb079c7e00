// SPDX-License-Identifier: Apache-2.0
import { Duplex } from "node:stream";
import { expect, test } from "vitest";
import { encodeMessage, OFP_VERSION } from "../../src/openflow/index.ts";
import { Connection } from "../../src/openflow-session/connection.ts";
import { DEFAULT_SESSION_OPTIONS } from "../../src/openflow-session/session-options.ts";
import { systemClock } from "../../src/runtime/clock.ts";

/** Longer than what is received is handled in one turn, in milliseconds. */
const LONG_MS = 6;

test.each([
  ["reads", false],
  ["messages of one read", true],
])(
  "a burst of %s that takes long to handle takes several turns, in order",
  async (_, isOneRead) => {
    const stream = new Duplex({
      read: () => undefined,
      write: (_chunk, _encoding, done) => done(),
    });
    let turn = 0;
    const received: { readonly xid: number; readonly turn: number }[] = [];
    const count = () => {
      turn++;
      if (received.length < 3) setImmediate(count);
    };
    setImmediate(count);
    const all = new Promise<void>((resolve) => {
      new Connection(stream, DEFAULT_SESSION_OPTIONS, systemClock, {
        message: ({ xid }) => {
          const began = performance.now();
          while (performance.now() - began < LONG_MS);
          received.push({ xid, turn });
          if (received.length === 3) resolve();
        },
        closed: () => resolve(),
      });
    });
    const messages = [1, 2, 3].map((xid) => {
      return encodeMessage({ version: OFP_VERSION, xid, type: "hello", elements: [] });
    });
    for (const bytes of isOneRead ? [Buffer.concat(messages)] : messages) stream.push(bytes);
    await all;
    expect(received.map(({ xid }) => xid)).toEqual([1, 2, 3]);
    expect(new Set(received.map((each) => each.turn)).size).toBe(3);
    stream.destroy();
  },
);
