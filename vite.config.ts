// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** Writes the compressed forms of each file beside it: the server sends them as they are. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    writeBundle({ dir = "" }) {
      for (const file of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
        if (!/\.(html|js|css|svg)$/.test(file)) continue;
        const content = readFileSync(join(dir, file));
        const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
        writeFileSync(join(dir, `${file}.br`), brotliCompressSync(content, { params }));
        writeFileSync(join(dir, `${file}.gz`), gzipSync(content, { level: 9 }));
      }
    },
  };
}

/** The page: from src/page to dist/page, which the controller serves. */
export default defineConfig({
  root: "src/page",
  base: "./",
  // Only what the modules import is served: no directory of files beside them.
  publicDir: false,
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [compressed()],
  build: {
    outDir: "../../dist/page",
    emptyOutDir: true,
    target: "es2022",
    // `light-dark()` stays as it is written.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // A data URL would need an exception in the content policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: "es" },
});
