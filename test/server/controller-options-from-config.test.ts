// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { defaultOf } from "../../src/cli/config/serve-config.ts";
import { SETTING_ROWS } from "../../src/cli/config/settings.ts";
import { type ConfigSources, resolveConfig } from "../../src/cli/index.ts";
import { DEFAULT_PROBE_INTERVAL_MS } from "../../src/controller/discovery/link-finder.ts";
import { DEFAULT_MAPPING } from "../../src/controller/interfaces/interface-mapping.ts";
import { DEFAULT_LIFETIME_OPTIONS } from "../../src/controller/lifetimes/policy-lifetimes.ts";
import { DEFAULT_DSCP, DEFAULT_TUNNELS } from "../../src/controller/tap-bridges/overlay-ends.ts";
import { DEFAULT_TAP_BRIDGE } from "../../src/controller/tap-bridges/own-rows.ts";
import { DEFAULT_COUNTERS_INTERVAL_MS } from "../../src/counters/counters.ts";
import { DEFAULT_SESSION_OPTIONS } from "../../src/openflow-session/session-options.ts";
import { DEFAULT_LIMITS } from "../../src/policy/index.ts";
import { DEFAULT_AUDIT_INTERVAL_MS } from "../../src/reconcile/audit/audit.ts";
import { DEFAULT_GROUP_IDS, DEFAULT_METER_IDS } from "../../src/reconcile/model/id-range.ts";
import {
  certificatePins,
  controllerOptionsFromConfig,
} from "../../src/server/controller-options-from-config.ts";
import { HOST_LIMITS, JsonDocument } from "../../src/topology/index.ts";

function optionsFor(settings: object) {
  const sources: ConfigSources = {
    argv: ["--config", "c.json"],
    env: {},
    readFile: () => JSON.stringify(settings),
    parseJson: JsonDocument.parse,
  };
  const result = resolveConfig(sources);
  if (!result.ok) throw new Error(result.errors.join("\n"));
  return controllerOptionsFromConfig(result.config);
}

test("keys of interfaces replace those of the default one by one", () => {
  const ovsdbHosts = { ...DEFAULT_MAPPING, workload: ["vm"] };
  expect(optionsFor({ ovsdbHosts: { workload: ["vm"] } })).toMatchObject({ ovsdbHosts });
  expect(optionsFor({ ovsdbHosts: false })).toMatchObject({ ovsdbHosts: false });
});

test("without settings, the options are the defaults of the components", () => {
  const { echoIntervalMs, echoTimeoutMs } = DEFAULT_SESSION_OPTIONS;
  const { regionsPerPolicy, intersectionsPerSwitch } = DEFAULT_LIMITS;
  const { expiryMs, probes, hostsPerPort, monitorMoves, monitorMoveMs } = HOST_LIMITS;
  expect(optionsFor({})).toEqual({
    session: { echoIntervalMs, echoTimeoutMs },
    auditIntervalMs: DEFAULT_AUDIT_INTERVAL_MS,
    auditLimits: { maxAgeDays: 365, maxRecords: 200_000 },
    countersIntervalMs: DEFAULT_COUNTERS_INTERVAL_MS,
    requireReason: false,
    ovsdbHosts: false,
    ovsdbWrites: false,
    tapBridge: DEFAULT_TAP_BRIDGE,
    tapTunnels: DEFAULT_TUNNELS,
    tapTunnelDscp: DEFAULT_DSCP,
    projectQuotas: {},
    limits: { regionsPerPolicy, intersectionsPerSwitch },
    lifetimes: DEFAULT_LIFETIME_OPTIONS,
    groupIds: DEFAULT_GROUP_IDS,
    meterIds: DEFAULT_METER_IDS,
    discovery: true,
    hostLimits: { expiryMs, probes, hostsPerPort, monitorMoves, monitorMoveMs },
    probeIntervalMs: DEFAULT_PROBE_INTERVAL_MS,
    pathProbeIntervalMs: 10_000,
    previews: { isOn: false, limit: 4 },
    admission: { defaultForwarding: "paths" },
  });
});

test("each setting sets its option, in milliseconds where the setting has a unit", () => {
  const options = optionsFor({
    ...{ echoIntervalSeconds: 2.5, echoTimeoutSeconds: 3, auditIntervalSeconds: 0 },
    ...{ countersIntervalSeconds: 4, ruleLimit: 5, overlapLimit: 6, groupIdRange: "7-8" },
    ...{ meterIdRange: "9-10", tapVlanRange: "11-12", discovery: false, hostExpirySeconds: 13 },
    ...{ hostProbes: false, hostsPerPort: 14, probeIntervalSeconds: 15 },
    ...{ monitorMoves: "never", monitorMoveSeconds: 18 },
    pathProbeSeconds: 19,
    ...{ preview: true, previewLimit: 26 },
    ...{
      auditMaxAgeDays: 20,
      auditMaxRecords: 21,
      requireReason: true,
      ovsdbHosts: true,
      ovsdbWrites: true,
      tapBridge: "br-copies",
      tapBridgeController: "tcp:192.0.2.1:6653",
      tapTunnels: "vxlan:6000",
      tapTunnelDscp: 1,
    },
    ...{ unknownSwitches: "refuse", allowedSwitches: ["0x1"], defaultForwarding: "normal" },
    dropGuard: { drops: 16, windowSeconds: 17 },
    ...{ maxPolicyLifeHours: 20, defaultPolicyLifeHours: 0.5 },
    ...{ expiryWarningSeconds: 21, expiredRetentionHours: 22 },
    projectQuotas: { default: { policies: 23 }, red: { monitors: 24, requestsPerSecond: 25 } },
  });
  expect(options).toEqual({
    session: { echoIntervalMs: 2_500, echoTimeoutMs: 3_000 },
    auditIntervalMs: 0,
    auditLimits: { maxAgeDays: 20, maxRecords: 21 },
    countersIntervalMs: 4_000,
    requireReason: true,
    ovsdbHosts: DEFAULT_MAPPING,
    ovsdbWrites: true,
    tapBridge: "br-copies",
    tapBridgeController: "tcp:192.0.2.1:6653",
    tapTunnels: { type: "vxlan", port: 6000 },
    tapTunnelDscp: 1,
    projectQuotas: { default: { policies: 23 }, red: { monitors: 24, requestsPerSecond: 25 } },
    limits: { regionsPerPolicy: 5, intersectionsPerSwitch: 6 },
    groupIds: { first: 7, last: 8 },
    meterIds: { first: 9, last: 10 },
    tapVlans: { first: 11, last: 12 },
    discovery: false,
    hostLimits: {
      ...{ expiryMs: 13_000, probes: false, hostsPerPort: 14 },
      ...{ monitorMoves: "never", monitorMoveMs: 18_000 },
    },
    probeIntervalMs: 15_000,
    previews: { isOn: true, limit: 26 },
    pathProbeIntervalMs: 19_000,
    admission: {
      unknownSwitches: "refuse",
      allowedSwitches: new Set(["0000000000000001"]),
      defaultForwarding: "normal",
    },
    dropGuard: { drops: 16, windowMs: 17_000 },
    policyLife: { maxMs: 72_000_000, defaultMs: 1_800_000 },
    lifetimes: { warningMs: 21_000, retentionMs: 79_200_000 },
  });
});

test("settings with a unit are named for it, and set options in milliseconds", () => {
  const withUnit = SETTING_ROWS.filter(([, { unit }]) => unit !== undefined);
  expect(withUnit.filter(([key, { unit }]) => !key.toLowerCase().endsWith(unit ?? ""))).toEqual([]);
  expect(withUnit.filter(([, { sets }]) => sets !== undefined && !sets.endsWith("Ms"))).toEqual([]);
  expect(defaultOf("auditIntervalSeconds")).toBe(DEFAULT_AUDIT_INTERVAL_MS / 1000);
});

const DPID_1 = "0000000000000001";

test("the pins of all listeners hold together", () => {
  const tls = (dpid: string) => ({
    ...{ key: "k", cert: "c", requireClientCertificate: false },
    pins: new Map([[dpid, ["f"]]]),
  });
  const listeners = ["0000000000000001", "0000000000000002"].map((dpid, port) => ({
    ...{ host: "h", port, tls: tls(dpid) },
  }));
  const [first] = listeners;
  // The listener of its database names a switch again.
  const again = first
    ? [{ ...first, tls: { ...first.tls, pins: new Map([[DPID_1, ["g"]]]) } }]
    : [];
  expect([...certificatePins([...listeners, { host: "h", port: 3 }, ...again])]).toEqual([
    [DPID_1, ["f", "g"]],
    ["0000000000000002", ["f"]],
  ]);
});
