import type { Endpoint } from "./serve-config.ts";
import { didYouMean } from "./suggestion.ts";
import { dpidOf } from "./switch-values.ts";
import { endpoint, type Parse, type Parsed } from "./values.ts";

/** TLS of one listener; key, certificate and authorities are paths of PEM files. */
export interface TlsConfig {
  readonly key: string;
  readonly cert: string;
  /** Whoever signs the certificates of switches. */
  readonly ca?: string;
  readonly requireClientCertificate: boolean;
  /** By datapath id: SHA-256 fingerprints (64 lower-case hex digits) of the certificates it may have. */
  readonly pins: ReadonlyMap<string, readonly string[]>;
}

/** An address where switches connect besides `openflow`. */
export interface OpenFlowListenerConfig {
  readonly listen: Endpoint;
  readonly tls?: TlsConfig;
}

type Members = Readonly<Record<string, unknown>>;
type Place = readonly (string | number)[];

/** Thrown inside, caught by the parser: the first thing that is wrong. */
class Wrong extends Error {
  readonly at: Place;
  readonly remedy: string;

  constructor(at: Place, what: string, remedy: string) {
    super(what);
    this.at = at;
    this.remedy = remedy;
  }
}

/** The list of listeners, as it is in the config file. */
export const openflowListeners: Parse<readonly OpenFlowListenerConfig[]> = (value) => {
  try {
    if (!Array.isArray(value) || value.length === 0) {
      throw new Wrong([], "this is not a list of listeners", 'write [{ "listen": "HOST:PORT" }]');
    }
    const listeners = value.map((item, index) => listenerOf(item, [index]));
    requireSinglePins(listeners);
    return { ok: true, value: listeners };
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    return { ok: false, what: error.message, remedy: error.remedy, at: error.at };
  }
};

function listenerOf(value: unknown, at: Place): OpenFlowListenerConfig {
  const { listen, tls } = membersOf(value, ["listen", "tls"], at);
  const address = parsed(endpoint(listen), [...at, "listen"]);
  return { listen: address, ...(tls === undefined ? {} : { tls: tlsOf(tls, [...at, "tls"]) }) };
}

const TLS_KEYS = ["key", "cert", "ca", "requireClientCertificate", "pins"];

function tlsOf(value: unknown, at: Place): TlsConfig {
  const members = membersOf(value, TLS_KEYS, at);
  const { ca, requireClientCertificate: required = false } = members;
  const text = (key: string) => {
    const found = members[key];
    if (typeof found === "string" && found !== "") return found;
    throw new Wrong([...at, key], `"${key}" is not a path`, "write the path of a PEM file");
  };
  if (typeof required !== "boolean") {
    const place = [...at, "requireClientCertificate"];
    throw new Wrong(place, `${JSON.stringify(required)} is not true or false`, "write one of them");
  }
  if (required && ca === undefined) {
    const what = "client certificates are required and nobody is named who signs them";
    throw new Wrong(at, what, 'add "ca", the path of a PEM file');
  }
  return {
    key: text("key"),
    cert: text("cert"),
    ...(ca === undefined ? {} : { ca: text("ca") }),
    requireClientCertificate: required,
    pins: pinsOf(members.pins ?? {}, [...at, "pins"]),
  };
}

function pinsOf(value: unknown, at: Place): ReadonlyMap<string, readonly string[]> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Wrong(at, "this is not an object", 'write { "<dpid>": "<fingerprint>" }');
  }
  const pins = new Map<string, readonly string[]>();
  for (const [key, written] of Object.entries(value)) {
    const dpid = dpidOf(key);
    if (dpid === undefined) {
      const remedy = 'write 16 hex digits: "0000000000000001"';
      throw new Wrong([...at, key], `"${key}" is not a datapath id`, remedy);
    }
    const list: unknown[] = Array.isArray(written) ? written : [written];
    pins.set(
      dpid,
      list.map((item) => fingerprintOf(item, [...at, key])),
    );
  }
  return pins;
}

function fingerprintOf(value: unknown, at: Place): string {
  const digits = typeof value === "string" ? value.replaceAll(":", "").toLowerCase() : "";
  if (/^[0-9a-f]{64}$/.test(digits)) return digits;
  const what = `${JSON.stringify(value)} is not a SHA-256 fingerprint`;
  throw new Wrong(at, what, "write what openssl x509 -noout -fingerprint -sha256 -in FILE prints");
}

/** A switch is pinned to its certificate wherever it connects: one place says which. */
function requireSinglePins(listeners: readonly OpenFlowListenerConfig[]): void {
  const seen = new Set<string>();
  listeners.forEach(({ tls }, index) => {
    for (const dpid of tls?.pins.keys() ?? []) {
      if (seen.has(dpid)) {
        const what = `switch ${dpid} is pinned by two listeners`;
        throw new Wrong([index, "tls", "pins"], what, "name it once: a pin holds for all of them");
      }
      seen.add(dpid);
    }
  });
}

function membersOf(value: unknown, known: readonly string[], at: Place): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Wrong(at, "this is not an object", `write { ${known.join(", ")} }`);
  }
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const remedy = didYouMean(key, known) ?? `write one of ${known.join(", ")}`;
    throw new Wrong([...at, key], `unknown key "${key}"`, remedy);
  }
  return value as Members;
}

function parsed<T>(result: Parsed<T>, at: Place): T {
  if (result.ok) return result.value;
  throw new Wrong(at, result.what, result.remedy);
}

/** The same listeners with paths that start at a directory. */
export function listenersIn(
  listeners: readonly OpenFlowListenerConfig[],
  place: (path: string) => string,
): readonly OpenFlowListenerConfig[] {
  return listeners.map(({ listen, tls }) => {
    if (!tls) return { listen };
    const ca = tls.ca === undefined ? {} : { ca: place(tls.ca) };
    return { listen, tls: { ...tls, key: place(tls.key), cert: place(tls.cert), ...ca } };
  });
}
