// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { expect, test } from "vitest";
import { z } from "zod";
import { generatedFiles } from "../../scripts/docs/generated.ts";
import { defaultOf } from "../../src/cli/config/serve-config.ts";
import { addServeFlags } from "../../src/cli/config/serve-flags.ts";
import { SETTING_ROWS, type SettingFlag } from "../../src/cli/config/settings.ts";
import { resolveConfig } from "../../src/cli/index.ts";
import { JsonDocument } from "../../src/topology/index.ts";

test.each(generatedFiles().map(({ path, content }) => [path, content] as const))(
  "%s is as `npm run docs` writes it",
  (path, content) => {
    expect(readFileSync(path, "utf8")).toBe(content);
  },
);

test.each(SETTING_ROWS)("%s has a valid default, or a text for none", (key, setting) => {
  if (setting.default === undefined) expect(setting.otherwise).toBeDefined();
  else expect(defaultOf(key)).toBeDefined();
});

test("the help names every setting", () => {
  let help = "";
  addServeFlags(new Command("serve"))
    .configureOutput({ writeOut: (text) => (help += text) })
    .outputHelp();
  const names = SETTING_ROWS.map(([key, setting]) => {
    const flag: SettingFlag | undefined = setting.flag;
    if (!flag) return `  ${key} `;
    return flag.value === undefined ? `--${flag.name} ` : `--${flag.name} <`;
  });
  expect(names.filter((name) => !help.includes(name))).toEqual([]);
});

const published = z.fromJSONSchema(JSON.parse(readFileSync("docs/config.schema.json", "utf8")));
const FINGERPRINT = "AB:".repeat(31).concat("CD");
const TLS = { key: "k.pem", cert: "c.pem", ca: "ca.pem", requireClientCertificate: true };

function isAccepted(document: object): boolean {
  const readFile = () => JSON.stringify(document);
  const argv = ["--config", "c.json"];
  return resolveConfig({ argv, env: {}, readFile, parseJson: JsonDocument.parse }).ok;
}

test.each([
  {},
  { $schema: "config.schema.json", openflow: "[::1]:0", http: "localhost:80" },
  { http: "example.org:80", auth: "a.json", httpInsecureBehindProxy: true },
  { topology: "t.json", policies: ["a", "b"], logLevel: "warn", discovery: false },
  { echoIntervalSeconds: 0.1, auditIntervalSeconds: 0, ruleLimit: 1_000_000 },
  { groupIdRange: "0X10-0x1F", meterIdRange: "1-2", allowedSwitches: ["0xA"] },
  { defaultForwarding: { table: 4 }, dropGuard: { drops: 0, windowSeconds: 1.5 } },
  { openflowListeners: [{ listen: "h:1", tls: { ...TLS, pins: { "0x1": FINGERPRINT } } }] },
  { ovsdb: "h:1", ovsdbListeners: [{ listen: "h:2", tls: TLS }] },
  {
    ovsdbConnect: ["tcp:h:1", "ssl:[::1]:2", "unix:/run/db.sock"],
    connectTls: { key: "k.pem", cert: "c.pem", ca: "ca.pem" },
  },
  { ovsdbConnect: "unix:db.sock" },
])("the parser and the published schema accept %j", (document) => {
  expect([isAccepted(document), published.safeParse(document).success]).toEqual([true, true]);
});

test.each([
  { htpp: "x" },
  { http: "localhost" },
  { httpInsecureBehindProxy: "true" },
  { topology: [""] },
  { logLevel: "inf" },
  { discovery: "yes" },
  { echoIntervalSeconds: 0 },
  { ruleLimit: 1.5 },
  { groupIdRange: 7 },
  { allowedSwitches: ["s1"] },
  { defaultForwarding: { table: 254 } },
  { dropGuard: { drops: -1, windowSeconds: 5 } },
  { openflowListeners: [] },
  { openflowListeners: [{ listen: "h:1", tls: { key: "k" } }] },
  { openflowListeners: [{ listen: "h:1", tls: { ...TLS, pins: { "0x1": "x" } } }] },
  { ovsdbConnect: ["udp:h:1"] },
  { ovsdbConnect: ["h:1"] },
  { connectTls: { key: "k", cert: "c" } },
])("the parser and the published schema reject %j", (document) => {
  expect([isAccepted(document), published.safeParse(document).success]).toEqual([false, false]);
});
