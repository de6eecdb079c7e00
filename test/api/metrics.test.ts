// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { API_METRICS, PROCESS_METRICS } from "../../src/api/resources/metrics.ts";
import type { MetricInfo } from "../../src/contract/metrics.ts";
import { CONTROLLER_METRICS } from "../../src/controller/queries/metrics.ts";
import { MemoryPolicyStore, standAlone } from "../controller/stand-alone.ts";
import { policy } from "./api-server.ts";

/** Every metric with the prefix of its table. */
const ALL: readonly MetricInfo[] = [
  ...[...API_METRICS, ...CONTROLLER_METRICS].map((row) => prefixed("openvtap_", row)),
  ...PROCESS_METRICS.map((row) => prefixed("process_", row)),
];

function prefixed(prefix: string, row: MetricInfo): MetricInfo {
  return { ...row, name: `${prefix}${row.name}` };
}

test("names are unique, and counters and units end as Prometheus recommends", () => {
  const names = ALL.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
  for (const { name, type, unit } of ALL) {
    expect(name.endsWith("_total"), name).toBe(type === "counter");
    if (unit !== undefined) expect(name.replace(/_total$/, "")).toMatch(new RegExp(`_${unit}$`));
  }
});

test("samples carry the labels that their row declares", async () => {
  const { call, port } = await standAlone(new MemoryPolicyStore());
  await call("POST /policies", policy("web"));
  for (const { name, labels = [], samples } of await port.metrics()) {
    for (const sample of samples) expect(Object.keys(sample.labels ?? {}), name).toEqual(labels);
  }
});

test("docs/metrics.md lists every metric", async () => {
  const rows = ALL.map(({ name, type, unit = "", labels = [], help }) => {
    const cells = [`\`${name}\``, type, unit, labels.map((each) => `\`${each}\``).join(", "), help];
    return `| ${cells.join(" | ")} |\n`;
  });
  const table = `| metric | type | unit | labels | meaning |\n|---|---|---|---|---|\n${rows.join("")}`;
  expect(await readFile("docs/metrics.md", "utf8")).toContain(table);
});
