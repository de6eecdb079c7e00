// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { resolveConfig, settingViews } from "../../src/cli/index.ts";
import { JsonDocument } from "../../src/topology/index.ts";

const FINGERPRINT = "ab".repeat(32);

function views(file: object, argv: readonly string[] = []) {
  const result = resolveConfig({
    argv: ["--config", "vtap.json", ...argv],
    env: {},
    readFile: () => JSON.stringify(file),
    parseJson: JsonDocument.parse,
  });
  if (!result.ok) throw new Error(result.errors.join("\n"));
  return new Map(settingViews(result.config).map((each) => [each.name, each]));
}

test("settings have their values and defaults in the notation of the config file", () => {
  const shown = views({ tapVlanRange: "3839-4094", http: "[::1]:8081" }, ["--log-level", "warn"]);
  const of = (name: string) => [shown.get(name)?.value, shown.get(name)?.isDefault];
  expect(of("tapVlanRange")).toEqual(["3839-4094", false]);
  expect(of("http")).toEqual(["[::1]:8081", false]);
  expect(of("logLevel")).toEqual(["warn", false]);
  expect(of("openflow")).toEqual(["127.0.0.1:6653", true]);
  expect(of("groupIdRange")).toEqual(["0x76000000-0x76ffffff", true]);
  expect(of("echoIntervalSeconds")).toEqual([5, true]);
  expect(shown.get("echoIntervalSeconds")?.unit).toBe("seconds");
  expect(shown.get("auth")).toMatchObject({ isDefault: true, otherwise: "none" });
  expect(shown.get("auth")).not.toHaveProperty("value");
});

test("listeners with TLS name their files; the default listener is not in force beside them", () => {
  const tls = { key: "/k.pem", cert: "/c.pem", requireClientCertificate: false };
  const pins = { "0000000000000001": FINGERPRINT };
  const shown = views({ openflowListeners: [{ listen: "0.0.0.0:6653", tls: { ...tls, pins } }] });
  expect(shown.get("openflow")).not.toHaveProperty("value");
  expect(shown.get("openflowListeners")?.value).toEqual([
    { listen: "0.0.0.0:6653", tls: { ...tls, pins: { "0000000000000001": [FINGERPRINT] } } },
  ]);
});
