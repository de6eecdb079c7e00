// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { ACCESS_BLOCKS } from "./access.ts";
import { CONFIGURATION_BLOCKS, configSchema } from "./configuration.ts";

/** A part of a Markdown file between `<!-- generated: NAME -->` and `<!-- end of NAME -->`. */
export interface GeneratedBlock {
  readonly name: string;
  readonly text: string;
}

/** A file with the content that `npm run docs` writes. */
interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/** All files that are generated, as a whole or in part. */
export function generatedFiles(): readonly GeneratedFile[] {
  return [
    withBlocks("docs/configuration.md", CONFIGURATION_BLOCKS),
    withBlocks("docs/security.md", ACCESS_BLOCKS),
    { path: "docs/config.schema.json", content: configSchema() },
  ];
}

function withBlocks(path: string, blocks: readonly GeneratedBlock[]): GeneratedFile {
  let content = readFileSync(path, "utf8");
  for (const { name, text } of blocks) {
    const [begin, end] = [`<!-- generated: ${name} -->\n\n`, `\n\n<!-- end of ${name} -->`];
    const from = content.indexOf(begin);
    const to = content.indexOf(end, from);
    if (from < 0 || to < 0) throw new Error(`${path} has no block "${name}"`);
    content = `${content.slice(0, from + begin.length)}${text}${content.slice(to)}`;
  }
  return { path, content };
}
