/** Where to listen. Port 0 lets the system choose. */
export interface Endpoint {
  /** A name or an address; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** From most to least talkative; `silent` writes nothing. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Everything `vtap serve` can be told. Paths are as the process may open them. */
export interface ServeConfig {
  readonly openflow: Endpoint;
  readonly http: Endpoint;
  /** Directory of the store. */
  readonly data: string;
  readonly topology: readonly string[];
  /** Files, or directories whose `*.json` files are policy files. */
  readonly policies: readonly string[];
  readonly logLevel: LogLevel;
  /** Silence of a switch after which it is asked for an echo. */
  readonly echoIntervalSeconds: number;
  /** How long its answer may take before the session is closed. */
  readonly echoTimeoutSeconds: number;
  /** Most rules that one policy may need on a switch before it is refused. */
  readonly ruleLimit: number;
  /** The group ids that are OpenVTAP's, both ends included. */
  readonly groupIdRange: { readonly first: number; readonly last: number };
}
