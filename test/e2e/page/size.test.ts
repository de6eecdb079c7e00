// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const PAGE = "dist/page";
const ASSETS = join(PAGE, "assets");

/** Bytes that a browser gets, compressed. */
function size(name: string): number {
  return statSync(join(ASSETS, `${name}.br`)).size;
}

function total(names: readonly string[]): number {
  return names.reduce((sum, name) => sum + size(name), 0);
}

test("the first load and the whole page stay within their budgets", () => {
  const html = readFileSync(join(PAGE, "index.html"), "utf8");
  const named = [...html.matchAll(/assets\/([^"]+)/g)].map(([, name = ""]) => name);
  const all = readdirSync(ASSETS).filter((name) => /\.(js|css|svg)$/.test(name));
  const of = (names: readonly string[], ending: string) =>
    names.filter((name) => name.endsWith(ending));
  expect(of(named, ".js")).not.toEqual([]);
  expect(of(named, ".css")).not.toEqual([]);
  expect(total(of(named, ".js"))).toBeLessThanOrEqual(60_000);
  expect(total(of(named, ".css"))).toBeLessThanOrEqual(10_000);
  expect(total(all)).toBeLessThanOrEqual(150_000);
});
