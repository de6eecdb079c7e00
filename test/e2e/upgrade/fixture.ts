// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type JsonValue, openLevelStore } from "../../../src/store/index.ts";
import { emptyTables, type OvsLab, readTableMessages, sendMessages } from "../../lab/index.ts";
import type { Scenario } from "../scenario.ts";

/** What a release left: the records on disk, and the messages that make each switch's tables. */
interface Fixture {
  readonly records: readonly (readonly [key: string, value: JsonValue])[];
  /** OpenFlow messages in hex; `ovs-ofctl ofp-print` reads them. */
  readonly switches: Readonly<Record<string, readonly string[]>>;
}

const FIXTURE = new URL("release-0.1.0.json", import.meta.url);

/** Stops the release in charge and returns what it leaves, as text for a fixture. */
export async function recordRelease(scenario: Scenario): Promise<string> {
  await scenario.vtap.stop();
  const switches: Record<string, string[]> = {};
  for (const name of scenario.switchNames) {
    const messages = await readTableMessages(scenario.lab, name);
    switches[name] = messages.map((bytes) => Buffer.from(bytes).toString("hex"));
  }
  const store = await openLevelStore(join(scenario.directory, "data"));
  const records: [string, JsonValue][] = [];
  for await (const { key, value } of store.range({ from: "a", until: "{" }))
    records.push([key, value]);
  await store.close();
  return `${JSON.stringify({ records, switches } satisfies Fixture, undefined, 1)}\n`;
}

/** Makes a data directory with the fixture's records, and the fixture's tables on the switches. */
export async function restoreRelease(lab: OvsLab, data: string): Promise<void> {
  const { records, switches } = JSON.parse(await readFile(FIXTURE, "utf8")) as Fixture;
  const store = await openLevelStore(data);
  await store.batch(records.map(([key, value]) => ({ type: "put", key, value })));
  await store.close();
  for (const [name, messages] of Object.entries(switches)) {
    await emptyTables(lab, name);
    await sendMessages(
      lab,
      name,
      messages.map((hex) => Buffer.from(hex, "hex")),
    );
  }
}
