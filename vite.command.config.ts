// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from "vite";

/**
 * The command `vtap`: from src/main.ts to dist/main.js and dist/chunks, in few modules. Node takes about a
 * millisecond for each module that it loads, and OpenVTAP has some nine hundred. Dependencies stay outside.
 *
 * Chunks are as deep in dist as src/server is in src: paths relative to a module are the same in both.
 */
export default defineConfig({
  publicDir: false,
  build: {
    ssr: true,
    outDir: "dist",
    emptyOutDir: false,
    target: "node20.19",
    minify: false,
    rolldownOptions: {
      input: {
        main: "src/main.ts",
        // A worker thread starts at it by its name.
        "file-parser-worker": "src/server/file-parser-worker.ts",
      },
      output: {
        entryFileNames: ({ name }) => (name === "main" ? "main.js" : `chunks/${name}.js`),
        chunkFileNames: "chunks/[name].js",
      },
    },
  },
});
