// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";

const SOURCES = new URL("../../src/", import.meta.url).href;
const SHIPPED = new URL("../../dist/", import.meta.url).href;

export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  if (!found.url.startsWith(SOURCES)) return found;
  const path = found.url.slice(SOURCES.length).replace(/\.ts(\?.*)?$/, ".js");
  return { url: SHIPPED + path, format: "module", shortCircuit: true };
}

export async function load(url, context, next) {
  if (!url.startsWith(SHIPPED)) return next(url, context);
  return { format: "module", source: await readFile(new URL(url)), shortCircuit: true };
}
