// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { didYouMean } from "./suggestion.ts";
import { DPID, dpidOf } from "./switch-values.ts";
import type { Parsed, ValueType } from "./value-type.ts";
import { type Endpoint, endpoint } from "./values.ts";

/** TLS of one listener; key, certificate and authorities are paths of PEM files. */
export interface TlsConfig {
  readonly key: string;
  readonly cert: string;
  /** The authorities that sign the certificates of switches. */
  readonly ca?: string;
  readonly requireClientCertificate: boolean;
  /** By datapath id: SHA-256 fingerprints (64 lower-case hex digits) of the certificates that the switch may use. */
  readonly pins: ReadonlyMap<string, readonly string[]>;
}

/** An address on which switches connect, besides `openflow`. */
export interface OpenFlowListenerConfig {
  readonly listen: Endpoint;
  readonly tls?: TlsConfig;
}

const PEM_FILE = z.string().min(1);
const FINGERPRINT = z.string().regex(/^(:*[0-9a-fA-F]){64}:*$/);

/** Editors check the shape by this schema; the parser below also reports what to write instead. */
const SCHEMA = z.array(
  z.strictObject({
    listen: endpoint.schema.meta({ description: "HOST:PORT" }),
    tls: z
      .strictObject({
        key: PEM_FILE.meta({ description: "PEM file: private key of the controller" }),
        cert: PEM_FILE.meta({ description: "PEM file: certificate of the controller" }),
        ca: PEM_FILE.meta({
          description: "PEM file: authorities of switch certificates",
        }).optional(),
        requireClientCertificate: z
          .boolean()
          .meta({ description: "reject switches without a certificate that ca has signed" })
          .default(false),
        pins: z
          .record(z.string().regex(DPID), z.union([FINGERPRINT, z.array(FINGERPRINT)]))
          .meta({ description: "SHA-256 fingerprints of switch certificates, by datapath id" })
          .optional(),
      })
      .optional(),
  }),
);

type Members = Readonly<Record<string, unknown>>;
type Place = readonly (string | number)[];

/** Thrown and caught in this file: the first error in the value. */
class InvalidListener extends Error {
  readonly at: Place;
  readonly remedy: string;

  constructor(at: Place, what: string, remedy: string) {
    super(what);
    this.at = at;
    this.remedy = remedy;
  }
}

/** The list of listeners in the config file. */
export const openflowListeners: ValueType<readonly OpenFlowListenerConfig[]> = {
  text: "list of listeners",
  schema: SCHEMA.min(1),
  parse(value) {
    try {
      if (!Array.isArray(value) || value.length === 0) {
        const what = "this is not a list of listeners";
        throw new InvalidListener([], what, 'write [{ "listen": "HOST:PORT" }]');
      }
      const listeners = value.map((item, index) => listenerOf(item, [index]));
      requireSinglePins(listeners);
      return { ok: true, value: listeners };
    } catch (error) {
      if (!(error instanceof InvalidListener)) throw error;
      return { ok: false, what: error.message, remedy: error.remedy, at: error.at };
    }
  },
  mapPaths: (listeners, map) =>
    listeners.map(({ listen, tls }) => {
      if (!tls) return { listen };
      const ca = tls.ca === undefined ? {} : { ca: map(tls.ca) };
      return { listen, tls: { ...tls, key: map(tls.key), cert: map(tls.cert), ...ca } };
    }),
};

function listenerOf(value: unknown, at: Place): OpenFlowListenerConfig {
  const { listen, tls } = membersOf(value, ["listen", "tls"], at);
  const address = parsed(endpoint.parse(listen), [...at, "listen"]);
  return { listen: address, ...(tls === undefined ? {} : { tls: tlsOf(tls, [...at, "tls"]) }) };
}

const TLS_KEYS = ["key", "cert", "ca", "requireClientCertificate", "pins"];

function tlsOf(value: unknown, at: Place): TlsConfig {
  const members = membersOf(value, TLS_KEYS, at);
  const { ca, requireClientCertificate: required = false } = members;
  const text = (key: string) => {
    const found = members[key];
    if (typeof found === "string" && found !== "") return found;
    const what = `"${key}" is not a path`;
    throw new InvalidListener([...at, key], what, "write the path of a PEM file");
  };
  if (typeof required !== "boolean") {
    const what = `${JSON.stringify(required)} is not true or false`;
    throw new InvalidListener([...at, "requireClientCertificate"], what, "write one of them");
  }
  if (required && ca === undefined) {
    const what = "client certificates are required without an authority that signs them";
    throw new InvalidListener(at, what, 'add "ca", the path of a PEM file');
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
    const remedy = 'write { "<dpid>": "<fingerprint>" }';
    throw new InvalidListener(at, "this is not an object", remedy);
  }
  const pins = new Map<string, readonly string[]>();
  for (const [key, written] of Object.entries(value)) {
    const dpid = dpidOf(key);
    if (dpid === undefined) {
      const remedy = 'write 16 hex digits: "0000000000000001"';
      throw new InvalidListener([...at, key], `"${key}" is not a datapath id`, remedy);
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
  if (FINGERPRINT.safeParse(value).success) return String(value).replaceAll(":", "").toLowerCase();
  const what = `${JSON.stringify(value)} is not a SHA-256 fingerprint`;
  const remedy = "write what openssl x509 -noout -fingerprint -sha256 -in FILE prints";
  throw new InvalidListener(at, what, remedy);
}

/** A pin holds on every listener, so each switch is pinned in one place only. */
function requireSinglePins(listeners: readonly OpenFlowListenerConfig[]): void {
  const seen = new Set<string>();
  listeners.forEach(({ tls }, index) => {
    for (const dpid of tls?.pins.keys() ?? []) {
      if (seen.has(dpid)) {
        const what = `switch ${dpid} is pinned by two listeners`;
        const remedy = "name it once: a pin holds for all of them";
        throw new InvalidListener([index, "tls", "pins"], what, remedy);
      }
      seen.add(dpid);
    }
  });
}

function membersOf(value: unknown, known: readonly string[], at: Place): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidListener(at, "this is not an object", `write { ${known.join(", ")} }`);
  }
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const remedy = didYouMean(key, known) ?? `write one of ${known.join(", ")}`;
    throw new InvalidListener([...at, key], `unknown key "${key}"`, remedy);
  }
  return value as Members;
}

function parsed<T>(result: Parsed<T>, at: Place): T {
  if (result.ok) return result.value;
  throw new InvalidListener(at, result.what, result.remedy);
}
