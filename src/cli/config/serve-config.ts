import type { OpenFlowListenerConfig } from "./openflow-listeners.ts";

/** Where to listen. Port 0 lets the system choose. */
export interface Endpoint {
  /** A name or an address; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Numbers from `first` to `last`, both included. */
export interface NumberRange {
  readonly first: number;
  readonly last: number;
}

/** What becomes of a switch that is in no topology file. */
export const UNKNOWN_SWITCHES = ["accept", "quarantine", "refuse"] as const;
export type UnknownSwitches = (typeof UNKNOWN_SWITCHES)[number];

/** Who forwards on a switch that is in no topology file. */
export type DefaultForwarding = "paths" | "normal" | { readonly table: number };

/** When a policy is suspended for the frames that production ports lose after its install. */
export interface DropGuardConfig {
  /** Lost frames that are not too many yet. */
  readonly drops: number;
  /** How long after an install a policy is watched. */
  readonly windowSeconds: number;
}

/** From most to least talkative; `silent` writes nothing. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * Everything `vtap serve` can be told. Paths are as the process can open them. What is optional has its
 * default where it is used.
 */
export interface ServeConfig {
  /** Absent when `openflowListeners` are all there is. */
  readonly openflow?: Endpoint;
  readonly openflowListeners?: readonly OpenFlowListenerConfig[];
  readonly http: Endpoint;
  /** Directory of the store. */
  readonly data: string;
  readonly topology: readonly string[];
  /** Files, or directories whose `*.json` files are policy files. */
  readonly policies: readonly string[];
  readonly logLevel: LogLevel;
  /** Silence of a switch after which it is asked for an echo. */
  readonly echoIntervalSeconds?: number;
  /** How long its answer may take before the session is closed. */
  readonly echoTimeoutSeconds?: number;
  /** Time in which every switch is read again and repaired; 0: never. */
  readonly auditIntervalSeconds?: number;
  /** Time in which every switch's counters are read once; 0: never. */
  readonly countersIntervalSeconds?: number;
  /** How many rules one policy may expand to before it is refused. */
  readonly ruleLimit?: number;
  /** How many rules overlaps of policies may add on one switch; what goes beyond is refused. */
  readonly overlapLimit?: number;
  /** The group ids that are OpenVTAP's. */
  readonly groupIdRange?: NumberRange;
  /** The meter ids that are OpenVTAP's. */
  readonly meterIdRange?: NumberRange;
  /** The VLAN ids that only tagged copies use. */
  readonly tapVlanRange?: NumberRange;
  /** Whether links and hosts are discovered; true unless told. */
  readonly discovery?: boolean;
  /** How long a learned host may be silent before it is forgotten. */
  readonly hostExpirySeconds?: number;
  /** Whether a silent host is asked before that; true unless told. */
  readonly hostProbes?: boolean;
  /** How many hosts are learned at one port. */
  readonly hostsPerPort?: number;
  /** From one probe of a port to the next. */
  readonly probeIntervalSeconds?: number;
  /** Default: `accept` when nothing says which switches there are, else `quarantine`. */
  readonly unknownSwitches?: UnknownSwitches;
  /** Datapath ids, 16 hex digits each: the switches that are accepted besides those of files. */
  readonly allowedSwitches?: readonly string[];
  readonly defaultForwarding?: DefaultForwarding;
  /** Absent: nothing guards. */
  readonly dropGuard?: DropGuardConfig;
}

/** What holds where nothing is said. */
export const SERVE_DEFAULTS: ServeConfig & { readonly openflow: Endpoint } = {
  openflow: { host: "127.0.0.1", port: 6653 },
  http: { host: "127.0.0.1", port: 8080 },
  data: "./openvtap-data",
  topology: [],
  policies: [],
  logLevel: "info",
};

/** An endpoint as one writes it; an IPv6 address in brackets. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
