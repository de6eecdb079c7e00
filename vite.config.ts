// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from "vite";

/** The page: from src/page to dist/page, which the controller serves. */
export default defineConfig({
  root: "src/page",
  base: "./",
  // Only what the modules import is served: no directory of files beside them.
  publicDir: false,
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../../dist/page",
    emptyOutDir: true,
    target: "es2022",
    // A data URL would need an exception in the content policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: "es" },
});
