import { openflowListeners } from "./openflow-listeners.ts";
import {
  formatEndpoint,
  LOG_LEVELS,
  SERVE_DEFAULTS,
  type ServeConfig,
  UNKNOWN_SWITCHES,
} from "./serve-config.ts";
import { dpids, dropGuard, forwarding } from "./switch-values.ts";
import {
  endpoint,
  numberBetween,
  oneOf,
  type Parse,
  path,
  paths,
  rangeWithin,
  yesOrNo,
} from "./values.ts";

/** One thing that can be set. The key in the config file is the name in `ServeConfig`. */
export interface Setting<K extends keyof ServeConfig = keyof ServeConfig> {
  readonly key: K;
  readonly parse: Parse<NonNullable<ServeConfig[K]>>;
  /** Its value names files: relative ones in a config file start at the file's directory. */
  readonly isPath?: boolean;
  /** May be given several times; in a variable the values are separated by commas. */
  readonly isList?: boolean;
  /** Absent: only the config file has it. */
  readonly flag?: {
    readonly name: string;
    readonly value: string;
    readonly help: string;
    readonly variable: string;
    /** The default as the help shows it. */
    readonly otherwise?: string;
  };
}

type AnySetting = { [K in keyof ServeConfig]-?: Setting<K> }[keyof ServeConfig];

/** Everything that can be set; a new setting is a new row. */
export const SETTINGS: readonly AnySetting[] = [
  {
    key: "openflow",
    parse: endpoint,
    flag: {
      name: "openflow",
      value: "HOST:PORT",
      help: "where switches connect",
      variable: "VTAP_OPENFLOW",
      otherwise: formatEndpoint(SERVE_DEFAULTS.openflow),
    },
  },
  { key: "openflowListeners", parse: openflowListeners },
  {
    key: "http",
    parse: endpoint,
    flag: {
      name: "http",
      value: "HOST:PORT",
      help: "where the REST API listens",
      variable: "VTAP_HTTP",
      otherwise: formatEndpoint(SERVE_DEFAULTS.http),
    },
  },
  {
    key: "data",
    parse: path,
    isPath: true,
    flag: {
      name: "data",
      value: "DIR",
      help: "where policies are kept; created when missing",
      variable: "VTAP_DATA",
      otherwise: SERVE_DEFAULTS.data,
    },
  },
  {
    key: "topology",
    parse: paths,
    isPath: true,
    isList: true,
    flag: {
      name: "topology",
      value: "FILE",
      help: "topology file; may be given several times",
      variable: "VTAP_TOPOLOGY",
    },
  },
  {
    key: "policies",
    parse: paths,
    isPath: true,
    isList: true,
    flag: {
      name: "policies",
      value: "FILE|DIR",
      help: "policy file, or directory of *.json policy files; may be given several times",
      variable: "VTAP_POLICIES",
    },
  },
  {
    key: "logLevel",
    parse: oneOf(LOG_LEVELS, "a log level"),
    flag: {
      name: "log-level",
      value: "LEVEL",
      help: "trace, debug, info, warn, error, fatal or silent",
      variable: "VTAP_LOG_LEVEL",
      otherwise: SERVE_DEFAULTS.logLevel,
    },
  },
  { key: "echoIntervalSeconds", parse: numberBetween(0.1, 3600, false) },
  { key: "echoTimeoutSeconds", parse: numberBetween(0.1, 3600, false) },
  { key: "auditIntervalSeconds", parse: numberBetween(0, 86_400, false) },
  { key: "countersIntervalSeconds", parse: numberBetween(0, 86_400, false) },
  { key: "ruleLimit", parse: numberBetween(1, 1_000_000, true) },
  { key: "overlapLimit", parse: numberBetween(1, 1_000_000, true) },
  { key: "groupIdRange", parse: rangeWithin(0, 0xffffff00, "0x76000000-0x76ffffff") },
  { key: "meterIdRange", parse: rangeWithin(1, 0xffff0000, "0x76000000-0x76ffffff") },
  { key: "tapVlanRange", parse: rangeWithin(1, 4094, "3839-4094") },
  { key: "discovery", parse: yesOrNo },
  { key: "hostExpirySeconds", parse: numberBetween(5, 604_800, false) },
  { key: "hostProbes", parse: yesOrNo },
  { key: "hostsPerPort", parse: numberBetween(1, 10_000, true) },
  { key: "probeIntervalSeconds", parse: numberBetween(0.2, 300, false) },
  { key: "unknownSwitches", parse: oneOf(UNKNOWN_SWITCHES, "a way with unknown switches") },
  { key: "allowedSwitches", parse: dpids },
  { key: "defaultForwarding", parse: forwarding },
  { key: "dropGuard", parse: dropGuard },
];

/** The flag that names the config file, and its variable. */
export const CONFIG_FLAG = {
  name: "config",
  value: "FILE",
  help: "JSON file with the same settings",
  variable: "VTAP_CONFIG",
} as const;

/** The server that the client commands talk to. */
export const SERVER_VARIABLE = "VTAP_SERVER";

/** Every environment variable that means something; any other VTAP_… is an error. */
export const VARIABLES: readonly string[] = [
  CONFIG_FLAG.variable,
  SERVER_VARIABLE,
  ...SETTINGS.flatMap(({ flag }) => (flag ? [flag.variable] : [])),
];
