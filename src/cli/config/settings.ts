// SPDX-License-Identifier: Apache-2.0
import { ROLES } from "../../access/roles.ts";
import { connectTargets, connectTls } from "./connect-values.ts";
import { databaseHosts } from "./interface-keys.ts";
import { openflowListeners } from "./openflow-listeners.ts";
import { projectQuotas } from "./quota-values.ts";
import {
  bridgeName,
  controllerTarget,
  dpids,
  dropGuard,
  forwarding,
  tapTunnels,
  UNKNOWN_SWITCHES,
} from "./switch-values.ts";
import type { ValueType } from "./value-type.ts";
import {
  endpoint,
  hostNames,
  numberBetween,
  oneOf,
  path,
  paths,
  rangeWithin,
  someOf,
  wholeNumberBetween,
  yesOrNo,
} from "./values.ts";

/** The flag and the environment variable of a setting. */
export interface SettingFlag {
  /** Without the dashes; `no-…` stands for `false`, of a setting whose default is `true`. */
  readonly name: string;
  readonly variable: string;
  /** The name of the value in the help; absent: the flag stands for `true`. */
  readonly value?: string;
  /** The flag is repeatable; in the variable, commas separate the values. */
  readonly isList?: boolean;
}

/** Milliseconds of the units of settings. */
export const UNITS_MS = { seconds: 1000, minutes: 60_000, hours: 3_600_000 } as const;

/**
 * One setting. Its key in `SETTINGS` is its key in the config file and in `ServeConfig`. Flags, help,
 * docs/configuration.md and docs/config.schema.json follow from this row (`npm run docs`).
 */
export interface Setting {
  readonly type: ValueType<unknown>;
  readonly unit?: keyof typeof UNITS_MS;
  /** Markdown clause, without a full stop. */
  readonly description: string;
  /** In the notation of the config file. */
  readonly default?: unknown;
  /** The text that stands for the default when no fixed value does. */
  readonly otherwise?: string;
  /** Another setting that, when given, disables the default. */
  readonly unless?: string;
  /** The controller option that the setting sets; with a unit, the option is in milliseconds. */
  readonly sets?: string;
  /** SIGHUP reloads the files that the setting names. A new value of any setting needs a restart. */
  readonly reloadsFiles?: true;
  /** Absent: only the config file has the setting. */
  readonly flag?: SettingFlag;
}

/** From most to least verbose; `silent` logs nothing. */
const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

/** All settings of `vtap serve`, in the order of the help. To add a setting, add a row. */
export const SETTINGS = {
  openflow: {
    type: endpoint,
    description: "address on which switches connect, without TLS",
    default: "127.0.0.1:6653",
    // The default would conflict with a listener on all addresses, and bypass TLS.
    unless: "openflowListeners",
    flag: { name: "openflow", variable: "VTAP_OPENFLOW", value: "HOST:PORT" },
  },
  openflowListeners: {
    type: openflowListeners,
    description: "additional addresses on which switches connect, with or without TLS",
    otherwise: "none",
    reloadsFiles: true,
  },
  ovsdb: {
    type: endpoint,
    description:
      "address on which the [databases](ovsdb.md) of switches connect, without TLS (`ovs-vsctl set-manager tcp:…`)",
    otherwise: "none",
    flag: { name: "ovsdb", variable: "VTAP_OVSDB", value: "HOST:PORT" },
  },
  ovsdbListeners: {
    type: openflowListeners,
    description: "additional addresses on which databases connect, with or without TLS",
    otherwise: "none",
    reloadsFiles: true,
  },
  ovsdbConnect: {
    type: connectTargets,
    description: "[databases](ovsdb.md) of switches to which OpenVTAP connects",
    default: [],
    flag: {
      name: "ovsdb-connect",
      variable: "VTAP_OVSDB_CONNECT",
      value: "TARGET",
      isList: true,
    },
  },
  ovsdbHosts: {
    type: databaseHosts,
    description:
      "whether databases [name interfaces, hosts and workloads](ovsdb.md#interfaces-and-workloads), and by which keys of `external_ids`",
    default: false,
    sets: "ovsdbHosts",
  },
  ovnSouthbound: {
    type: connectTargets,
    description:
      "members of [OVN's Southbound database](ovsdb.md#ovns-southbound-database), to which OpenVTAP connects; needs `ovsdbHosts`",
    default: [],
  },
  ovsdbWrites: {
    type: yesOrNo,
    description:
      "whether OpenVTAP writes to databases: [mirrors](ovsdb.md#mirrors) for policies with delivery `mirror`, and what hands over frames of [switches beside another application](existing-bridges.md#by-mirrors)",
    default: false,
    sets: "ovsdbWrites",
  },
  tapBridge: {
    type: bridgeName,
    description:
      "name of the bridges that OpenVTAP makes for [switches beside another application](existing-bridges.md#by-mirrors)",
    default: "br-vtap",
    sets: "tapBridge",
  },
  tapBridgeController: {
    type: controllerTarget,
    description:
      "where these bridges connect to OpenVTAP, as Open vSwitch writes it: `tcp:ADDRESS:PORT` or `ssl:ADDRESS:PORT`",
    otherwise: "the first OpenFlow address, for databases on the machine of OpenVTAP",
    sets: "tapBridgeController",
  },
  tapTunnels: {
    type: tapTunnels,
    description:
      "kind of the [tunnels](copies.md#overlay) by which copies cross the network between these bridges: `geneve:PORT` or `vxlan:PORT`, with a UDP port that no other tunnels have, or `gre`",
    default: "geneve:61081",
    sets: "tapTunnels",
  },
  tapTunnelDscp: {
    type: wholeNumberBetween(0, 63),
    description:
      "DSCP of the packets of these tunnels; 8 (CS1) has networks that heed it send all other traffic first",
    default: 8,
    sets: "tapTunnelDscp",
  },
  connectTls: {
    type: connectTls,
    description:
      "what OpenVTAP presents where it connects over TLS: `ssl:` of databases, `pssl:` of [switches](existing-bridges.md#bridges-of-other-applications)",
    otherwise: "none",
    reloadsFiles: true,
  },
  http: {
    type: endpoint,
    description: "address on which the REST API listens",
    default: "127.0.0.1:8080",
    flag: { name: "http", variable: "VTAP_HTTP", value: "HOST:PORT" },
  },
  httpTlsCert: {
    type: path,
    description:
      "PEM file: certificate of the REST API, with intermediate ones; it then speaks HTTPS only",
    otherwise: "none",
    reloadsFiles: true,
    flag: { name: "http-tls-cert", variable: "VTAP_HTTP_TLS_CERT", value: "FILE" },
  },
  httpTlsKey: {
    type: path,
    description: "PEM file: private key of that certificate",
    otherwise: "none",
    reloadsFiles: true,
    flag: { name: "http-tls-key", variable: "VTAP_HTTP_TLS_KEY", value: "FILE" },
  },
  httpClientCa: {
    type: path,
    description:
      "PEM file: authority of [client certificates](security.md#client-certificates); needs `auth` and `httpTlsCert`",
    otherwise: "none",
    reloadsFiles: true,
    flag: { name: "http-client-ca", variable: "VTAP_HTTP_CLIENT_CA", value: "FILE" },
  },
  httpInsecureBehindProxy: {
    type: yesOrNo,
    description:
      "whether the REST API may listen without TLS on an address that is not loopback: a proxy ends TLS, and only that reaches it",
    default: false,
    flag: { name: "http-insecure-behind-proxy", variable: "VTAP_HTTP_INSECURE_BEHIND_PROXY" },
  },
  httpHosts: {
    type: hostNames,
    description:
      "further names and addresses by which clients reach the REST API, besides loopback ones and those it listens on",
    default: [],
    flag: { name: "http-hosts", variable: "VTAP_HTTP_HOSTS", value: "NAME", isList: true },
  },
  page: {
    type: yesOrNo,
    description: "whether the REST API's address serves the [web page](page.md) at `/`",
    default: true,
    flag: { name: "no-page", variable: "VTAP_PAGE" },
  },
  auth: {
    type: path,
    description:
      "[auth file](security.md#tokens) with the tokens of REST clients; without it every client may do everything, and `http` must be a loopback address",
    otherwise: "none",
    reloadsFiles: true,
    flag: { name: "auth", variable: "VTAP_AUTH", value: "FILE" },
  },
  disclose: {
    type: yesOrNo,
    description:
      "whether a project learns of policies of no project that copy frames of its hosts: [name and reason](security.md#who-sees-a-hosts-traffic)",
    default: true,
  },
  metricsTokenFile: {
    type: path,
    description: "file with a token that may read `/metrics` and nothing else; needs `auth`",
    otherwise: "none",
    reloadsFiles: true,
  },
  sessionIdleMinutes: {
    type: numberBetween(1, 10_080),
    unit: "minutes",
    description:
      "time without a request after which the [session](security.md#sessions) of a browser ends",
    default: 30,
  },
  sessionHours: {
    type: numberBetween(0.1, 168),
    unit: "hours",
    description:
      "time after which the [session](security.md#sessions) of a browser ends in any case",
    default: 12,
  },
  projectQuotas: {
    type: projectQuotas,
    description:
      "what each [project](security.md#quotas) may use, by its name; `default`: each project without a number of its own",
    default: {},
    sets: "projectQuotas",
  },
  bodyLimitBytes: {
    type: wholeNumberBetween(1024, 67_108_864),
    description: "maximum length of a request body; a longer one is answered with 413",
    default: 1_048_576,
  },
  bodyMemberLimit: {
    type: wholeNumberBetween(100, 1_000_000),
    description:
      "maximum number of entries of all objects and lists of a request body together; more are answered with 422",
    default: 5000,
  },
  bodyDepthLimit: {
    type: wholeNumberBetween(8, 1000),
    description:
      "maximum depth to which objects and lists of a request body nest; more is answered with 422",
    default: 32,
  },
  eventStreamLimit: {
    type: wholeNumberBetween(1, 100_000),
    description: "maximum number of open event streams; a further one is answered with 503",
    default: 256,
  },
  waitingRequestLimit: {
    type: wholeNumberBetween(1, 100_000),
    description:
      "maximum number of requests that wait for switches (`?wait=`); a further one is answered with 503",
    default: 1000,
  },
  httpConnectionLimit: {
    type: wholeNumberBetween(8, 100_000),
    description: "maximum number of open HTTP connections; a further one is closed at once",
    default: 4096,
  },
  data: {
    type: path,
    description: "directory in which OpenVTAP stores policies and state; created if missing",
    default: "./openvtap-data",
    flag: { name: "data", variable: "VTAP_DATA", value: "DIR" },
  },
  topology: {
    type: paths,
    description: "topology files",
    default: [],
    reloadsFiles: true,
    flag: { name: "topology", variable: "VTAP_TOPOLOGY", value: "FILE", isList: true },
  },
  portsFile: {
    type: path,
    description:
      "[ports file](ovsdb.md#ports-file): what is not in databases of interfaces; needs `ovsdbHosts`",
    otherwise: "none",
    reloadsFiles: true,
  },
  policies: {
    type: paths,
    description: "policy files, or directories of `*.json` policy files",
    default: [],
    flag: { name: "policies", variable: "VTAP_POLICIES", value: "FILE|DIR", isList: true },
  },
  fileLimitBytes: {
    type: wholeNumberBetween(1024, 1024 ** 3),
    description: "maximum size of a topology or policy file, in bytes; a larger file is rejected",
    default: 64 * 1024 ** 2,
  },
  logLevel: {
    type: oneOf(LOG_LEVELS, "a log level"),
    description: "lowest severity that is logged",
    default: "info",
    flag: { name: "log-level", variable: "VTAP_LOG_LEVEL", value: "LEVEL" },
  },
  echoIntervalSeconds: {
    type: numberBetween(0.1, 3600),
    unit: "seconds",
    description: "silence of a switch after which OpenVTAP sends it an echo request",
    default: 5,
    sets: "session.echoIntervalMs",
  },
  echoTimeoutSeconds: {
    type: numberBetween(0.1, 3600),
    unit: "seconds",
    description: "time for the echo reply, after which OpenVTAP closes the session",
    default: 10,
    sets: "session.echoTimeoutMs",
  },
  auditIntervalSeconds: {
    type: numberBetween(0, 86_400),
    unit: "seconds",
    description: "period in which OpenVTAP reads and repairs the tables of every switch; 0: never",
    default: 60,
    sets: "auditIntervalMs",
  },
  auditMaxAgeDays: {
    type: wholeNumberBetween(0, 36_500),
    description: "age at which records of the [audit](audit.md) are deleted, in days; 0: never",
    default: 365,
    sets: "auditLimits.maxAgeDays",
  },
  auditMaxRecords: {
    type: wholeNumberBetween(0, 100_000_000),
    description:
      "maximum number of records of the [audit](audit.md), ten times as many of the last 30 days; the oldest are deleted; 0: without limit",
    default: 200_000,
    sets: "auditLimits.maxRecords",
  },
  countersIntervalSeconds: {
    type: numberBetween(0, 86_400),
    unit: "seconds",
    description: "period in which OpenVTAP reads the counters of every switch; 0: never",
    default: 10,
    sets: "countersIntervalMs",
  },
  ruleLimit: {
    type: wholeNumberBetween(1, 1_000_000),
    description: "maximum number of match regions of one policy; a larger policy is rejected",
    default: 4096,
    sets: "limits.regionsPerPolicy",
  },
  overlapLimit: {
    type: wholeNumberBetween(1, 1_000_000),
    description:
      "maximum number of rules that overlapping policies add on one switch; a policy that needs more is rejected",
    default: 20_000,
    sets: "limits.intersectionsPerSwitch",
  },
  requireReason: {
    type: yesOrNo,
    description:
      "whether every policy that a client writes must have a `reason`; one without is answered with 422",
    default: false,
    sets: "requireReason",
  },
  maxPolicyLifeHours: {
    type: numberBetween(0.001, 876_000),
    unit: "hours",
    description:
      "longest time for which a policy written over REST may be in effect; one that ends later, or never, is rejected",
    otherwise: "without a limit",
    sets: "policyLife.maxMs",
  },
  defaultPolicyLifeHours: {
    type: numberBetween(0.001, 876_000),
    unit: "hours",
    description:
      "time after which a policy written over REST expires if it names no end; at most `maxPolicyLifeHours`",
    otherwise: "none: it does not expire",
    sets: "policyLife.defaultMs",
  },
  unlimitedLifeRoles: {
    type: someOf(ROLES, "a role"),
    description:
      "the [roles](security.md#roles) whose policies may have no end, or any; policies that others write get `defaultPolicyLifeHours`, and are rejected without an end otherwise",
    otherwise: "policies of any role need no end",
    sets: "policyLife.unlimitedRoles",
  },
  expiryWarningSeconds: {
    type: numberBetween(0, 31_536_000),
    unit: "seconds",
    description: "time before the end of a policy at which `policyExpiring` is published; 0: never",
    default: 3600,
    sets: "lifetimes.warningMs",
  },
  expiredRetentionHours: {
    type: numberBetween(0, 876_000),
    unit: "hours",
    description: "time for which an expired policy that was written over REST is kept",
    default: 168,
    sets: "lifetimes.retentionMs",
  },
  groupIdRange: {
    type: rangeWithin(0, 0xffffff00, "0x76000000-0x76ffffff"),
    description: "group ids that OpenVTAP owns",
    default: "0x76000000-0x76ffffff",
    sets: "groupIds",
  },
  meterIdRange: {
    type: rangeWithin(1, 0xffff0000, "0x76000000-0x76ffffff"),
    description: "meter ids that OpenVTAP owns",
    default: "0x76000000-0x76ffffff",
    sets: "meterIds",
  },
  tapVlanRange: {
    type: rangeWithin(1, 4094, "3839-4094"),
    description: "VLAN ids that only tagged copies use",
    otherwise: "none",
    sets: "tapVlans",
  },
  discovery: {
    type: yesOrNo,
    description: "whether OpenVTAP discovers links and hosts",
    default: true,
    sets: "discovery",
  },
  hostExpirySeconds: {
    type: numberBetween(5, 604_800),
    unit: "seconds",
    description: "silence after which OpenVTAP forgets a learned host",
    default: 900,
    sets: "hostLimits.expiryMs",
  },
  hostProbes: {
    type: yesOrNo,
    description: "whether OpenVTAP probes a silent host before it forgets it",
    default: true,
    sets: "hostLimits.probes",
  },
  hostsPerPort: {
    type: wholeNumberBetween(1, 10_000),
    description: "maximum number of hosts that OpenVTAP learns on one port",
    default: 512,
    sets: "hostLimits.hostsPerPort",
  },
  monitorMoves: {
    type: oneOf(["verified", "never", "any"], "a rule for monitors that move"),
    description:
      "when a learned host that a policy names as monitor moves: `verified`: when its port is down or gone, or no longer answers probes; `never`: by an operator only; `any`: as other learned hosts",
    default: "verified",
    sets: "hostLimits.monitorMoves",
  },
  monitorMoveSeconds: {
    type: numberBetween(1, 86_400),
    unit: "seconds",
    description:
      "time for which a monitor, which has answered probes before, must leave them unanswered before it moves while its port is up",
    default: 30,
    sets: "hostLimits.monitorMoveMs",
  },
  probeIntervalSeconds: {
    type: numberBetween(0.2, 300),
    unit: "seconds",
    description: "interval between two LLDP probes of a port",
    default: 5,
    sets: "probeIntervalMs",
  },
  pathProbeSeconds: {
    type: numberBetween(0, 3600),
    unit: "seconds",
    description:
      "interval between two probes of each way that copies take across links; 0: none, and the health of policies is unknown",
    default: 10,
    sets: "pathProbeIntervalMs",
  },
  preview: {
    type: yesOrNo,
    description:
      "whether clients may [see copies](preview.md), with what the frames contain, of policies that they may see",
    default: false,
    sets: "previews.isOn",
    flag: { name: "preview", variable: "VTAP_PREVIEW" },
  },
  previewLimit: {
    type: wholeNumberBetween(1, 64),
    description: "most previews at a time, of all policies",
    default: 4,
    sets: "previews.limit",
  },
  unknownSwitches: {
    type: oneOf(UNKNOWN_SWITCHES, "a treatment of unknown switches"),
    description: "treatment of switches that are in no topology file",
    otherwise:
      "`accept` without `allowedSwitches` and without switches in topology files, else `quarantine`",
    sets: "admission.unknownSwitches",
  },
  allowedSwitches: {
    type: dpids,
    description: "the only switches that are accepted besides those in topology files",
    otherwise: "none",
    sets: "admission.allowedSwitches",
  },
  defaultForwarding: {
    type: forwarding,
    description: "base forwarding of accepted switches that are in no topology file",
    default: "paths",
    sets: "admission.defaultForwarding",
  },
  dropGuard: {
    type: dropGuard,
    description:
      "suspends a policy if production ports lose more than `drops` frames within `windowSeconds` after its install",
    otherwise: "off",
    sets: "dropGuard",
  },
} as const satisfies Readonly<Record<string, Setting>>;

/** The key of a setting. */
export type SettingKey = keyof typeof SETTINGS;

/** The rows with their keys, as a list. */
export const SETTING_ROWS = Object.entries(SETTINGS) as readonly (readonly [SettingKey, Setting])[];

/** The flag that names the config file, and its variable. */
export const CONFIG_FLAG = {
  name: "config",
  value: "FILE",
  variable: "VTAP_CONFIG",
  description: "JSON file with the same settings",
} as const;

/** The server that the client commands talk to, and their token. */
export const SERVER_VARIABLE = "VTAP_SERVER";
export const TOKEN_VARIABLE = "VTAP_TOKEN";

/** All known environment variables; any other `VTAP_…` is an error. */
export const VARIABLES: readonly string[] = [
  CONFIG_FLAG.variable,
  SERVER_VARIABLE,
  TOKEN_VARIABLE,
  ...SETTING_ROWS.flatMap(([, { flag }]) => (flag ? [flag.variable] : [])),
];
