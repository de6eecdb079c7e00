// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { expectHitless } from "./expect-hitless.ts";

test("operations beside production, links and hosts discovered: nothing lost, duplicated or reordered", async () => {
  await expectHitless("discovered");
});
