import { defineConfig } from "vitest/config";

/** Tests that run the built command. */
const builtCommand = ["test/e2e/**/*.test.ts", "test/examples/**/*.test.ts"];

export default defineConfig({
  test: {
    // Two cores: more workers than that only make the Open vSwitch labs wait for each other.
    maxWorkers: 2,
    setupFiles: "test/properties.ts",
    // They end what hangs; how fast things are is measured elsewhere, and this machine may be busy.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: { name: "unit", include: ["test/**/*.test.ts"], exclude: builtCommand },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: builtCommand,
          globalSetup: "test/e2e/fresh-build.ts",
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
