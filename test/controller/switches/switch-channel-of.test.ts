// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { switchChannelOf } from "../../../src/controller/switches/switch-channel-of.ts";
import type { Session } from "../../../src/openflow-session/session.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";

test("the ends of entries are of when their part of the listing came, however long the listing takes", async () => {
  const clock = new FakeClock();
  const entry = (durationSec: number) => ({
    ...{ tableId: 0, priority: 1, cookie: 1n, match: [], instructions: [] },
    ...{ hardTimeout: 100, durationSec, durationNsec: 500_000_000 },
  });
  const began = clock.now();
  // Both entries were added at once; the second part is made 30 s later.
  const session = {
    multipart: async (_: unknown, { each }: { each?: (part: object) => void } = {}) => {
      const parts = [{ entries: [entry(10)] }, { entries: [entry(40)] }];
      for (const [index, part] of parts.entries()) {
        if (index > 0) clock.advance(30_000);
        each?.(part);
      }
      clock.advance(20_000);
      return { type: "reply", reply: each ? [] : parts };
    },
  } as unknown as Session;
  const listing = await switchChannelOf(session, clock).readFlows();
  if (listing.type !== "listed") throw new Error("the tables were not listed");
  const ends = listing.entries.map(({ life }) => (life?.endsAt ?? 0) - began);
  expect(ends).toEqual([89_500, 89_500]);
});
