// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from "vitest/config";

/** Tests that run the built command. */
const builtCommand = ["test/e2e/**/*.test.ts", "test/examples/**/*.test.ts"];

/** Tests that compare compiled tables with what real switches do, by the hundred of networks. */
const onSwitches = ["test/policy/on-ovs/**/*.test.ts"];

export default defineConfig({
  test: {
    // Two cores: more workers than that only make the Open vSwitch labs wait for each other.
    maxWorkers: 2,
    setupFiles: "test/properties.ts",
    // These limits end what hangs, and measure nothing: the machine may be busy. A test has room for
    // a wait that fails (90 seconds, test/lab/wait-for.ts), so that the report names what was missing.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    coverage: { include: ["src/**"], reporter: ["text-summary", "html"] },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [...builtCommand, ...onSwitches],
          // The modules hold no state between tests; loading them again for each file takes half of the time.
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: "on-ovs", include: onSwitches, isolate: false },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: builtCommand,
          globalSetup: "test/e2e/fresh-build.ts",
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
