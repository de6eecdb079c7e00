import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("npm run demo -- --once --rootless ends with a good verdict", {
  timeout: 30_000,
}, async () => {
  const args = ["--import", "tsx", "scripts/demo/main.ts", "--once", "--rootless"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout).toContain("3 of 3 active");
  expect(stdout).toContain("✔ copies bit-exact: 108 of 108");
  expect(stdout).toContain("✔ originals delivered, unchanged: 192 of 192");
  expect(stdout).toContain("✔ nothing else anywhere: 0 stray frames");
});
