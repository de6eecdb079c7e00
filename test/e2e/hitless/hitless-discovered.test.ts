import { test } from "vitest";
import { expectHitless } from "./expect-hitless.ts";

test("operations beside production, links and hosts found: nothing lost, doubled or out of order", async () => {
  await expectHitless("discovered");
});
