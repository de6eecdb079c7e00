import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { fileFailure, readTextFile } from "../read-files.ts";
import type { OpenFlowListenerConfig, TlsConfig } from "./openflow-listeners.ts";
import type { Endpoint } from "./values.ts";

/** What a listener needs for TLS, read from its files. */
export interface TlsMaterial {
  readonly key: string;
  readonly cert: string;
  readonly ca?: string;
  readonly requireClientCertificate: boolean;
  readonly pins: ReadonlyMap<string, readonly string[]>;
}

/** A listener with its files read. */
export interface ReadListener extends Endpoint {
  readonly tls?: TlsMaterial;
}

/** All listeners, or one line for each file that is wrong, with its setting. */
export type ReadListeners =
  | { readonly ok: true; readonly listeners: readonly ReadListener[] }
  | { readonly ok: false; readonly errors: readonly string[] };

/** Reads the files of all listeners and checks that they are what they should be, and fit. */
export function readListeners(configs: readonly OpenFlowListenerConfig[]): ReadListeners {
  const errors: string[] = [];
  const listeners = configs.map(({ listen, tls }, index): ReadListener => {
    if (!tls) return listen;
    const material = readTls(tls, (key, path, what) => {
      errors.push(`openflowListeners[${index}].tls.${key}: ${path}: ${what}`);
    });
    return material ? { ...listen, tls: material } : listen;
  });
  return errors.length > 0 ? { ok: false, errors } : { ok: true, listeners };
}

type Complain = (key: "key" | "cert" | "ca", path: string, what: string) => void;

function readTls(config: TlsConfig, complain: Complain): TlsMaterial | undefined {
  const read = (key: "key" | "cert" | "ca", path: string): string | undefined => {
    try {
      return readTextFile(path);
    } catch (error) {
      complain(key, path, fileFailure(error));
      return undefined;
    }
  };
  const key = read("key", config.key);
  const cert = read("cert", config.cert);
  const ca = config.ca === undefined ? undefined : read("ca", config.ca);
  const privateKey = key === undefined ? undefined : keyOf(key);
  const certificate = cert === undefined ? undefined : certificateOf(cert);
  if (key !== undefined && !privateKey) {
    complain("key", config.key, "it is no private key in PEM without a passphrase, name one");
  }
  const noCertificate = "it is no certificate in PEM, name one";
  if (cert !== undefined && !certificate) complain("cert", config.cert, noCertificate);
  if (config.ca !== undefined && ca !== undefined && !certificateOf(ca)) {
    complain("ca", config.ca, noCertificate);
  }
  if (privateKey && certificate && !certificate.checkPrivateKey(privateKey)) {
    const what = `it is not the key of the certificate ${config.cert}, name the one it was made with`;
    complain("key", config.key, what);
  } else if (privateKey && certificate) {
    // Those above look at the first certificate alone; a server takes the whole chain.
    const why = unfitness(key, cert);
    if (why) complain("cert", config.cert, `TLS cannot use it (${why}), name another one`);
  }
  if (key === undefined || cert === undefined) return undefined;
  const { requireClientCertificate, pins } = config;
  return { key, cert, ...(ca === undefined ? {} : { ca }), requireClientCertificate, pins };
}

function keyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

/** Why no server can show a certificate with its chain, in the words of OpenSSL. */
function unfitness(key: string | undefined, cert: string | undefined): string | undefined {
  try {
    createSecureContext({ key, cert, minVersion: "TLSv1.2" });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The first certificate of a PEM file. */
function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
