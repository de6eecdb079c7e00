import { defineConfig } from "vitest/config";

/** Tests that run the built command. */
const builtCommand = ["test/e2e/**/*.test.ts", "test/examples/**/*.test.ts"];

export default defineConfig({
  test: {
    // Two cores: more workers than that only make the Open vSwitch labs wait for each other.
    maxWorkers: 2,
    setupFiles: "test/properties.ts",
    testTimeout: 10_000,
    hookTimeout: 10_000,
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
          testTimeout: 15_000,
          hookTimeout: 20_000,
        },
      },
    ],
  },
});
