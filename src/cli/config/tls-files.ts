// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { readText, SMALL_FILE_LIMIT } from "../read-files.ts";
import type { OpenFlowListenerConfig, TlsConfig } from "./openflow-listeners.ts";
import type { ServeConfig } from "./serve-config.ts";
import type { Endpoint } from "./values.ts";

/** Key and certificate of a server, in PEM. */
interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

/** The content of the files of a listener, with what is required of switches. */
interface TlsMaterial extends KeyPair {
  readonly ca?: string;
  readonly requireClientCertificate: boolean;
  readonly pins: ReadonlyMap<string, readonly string[]>;
}

/** A listener with the content of its files. */
export interface ReadListener extends Endpoint {
  readonly tls?: TlsMaterial;
}

type HttpTlsConfig = Pick<ServeConfig, "httpTlsKey" | "httpTlsCert" | "httpClientCa">;

/** What the REST API presents, and the authority of the certificates of its clients. */
export interface HttpKeyPair extends KeyPair {
  readonly clientCa?: string;
}

/** All listeners, or one line for each invalid file, with its setting. */
type ReadListeners =
  | { readonly ok: true; readonly listeners: readonly ReadListener[] }
  | { readonly ok: false; readonly errors: readonly string[] };

/** Reads the files of all listeners, and checks each file and that key and certificate match. */
export async function readListeners(
  setting: "openflowListeners" | "ovsdbListeners",
  configs: readonly OpenFlowListenerConfig[],
): Promise<ReadListeners> {
  const errors: string[] = [];
  const listeners: ReadListener[] = [];
  for (const [index, { listen, tls }] of configs.entries()) {
    const report: Report = (key, path, what) => {
      errors.push(`${setting}[${index}].tls.${key}: ${path}: ${what}`);
    };
    const read = tls && (await readTls(tls, report));
    if (tls && read) {
      const { requireClientCertificate, pins } = tls;
      listeners.push({ ...listen, tls: { ...read, requireClientCertificate, pins } });
    } else {
      listeners.push(listen);
    }
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, listeners };
}

type ReadHttpTls =
  | { readonly ok: true; readonly tls?: HttpKeyPair }
  | { readonly ok: false; readonly errors: readonly string[] };

/** Reads the files of the REST API, and checks them the same way; none without settings. */
export async function readHttpTls({
  httpTlsKey: key,
  httpTlsCert: cert,
  httpClientCa: clientCa,
}: HttpTlsConfig): Promise<ReadHttpTls> {
  if (key === undefined || cert === undefined) return { ok: true };
  const errors: string[] = [];
  const settings = { key: "httpTlsKey", cert: "httpTlsCert", ca: "httpClientCa" };
  const files = { key, cert, ...(clientCa === undefined ? {} : { ca: clientCa }) };
  const read = await readTls(files, (which, path, what) => {
    errors.push(`${settings[which]}: ${path}: ${what}`);
  });
  if (!read || errors.length > 0) return { ok: false, errors };
  const { ca, ...pair } = read;
  return { ok: true, tls: { ...pair, ...(ca === undefined ? {} : { clientCa: ca }) } };
}

type ReadConnectTls =
  | { readonly ok: true; readonly tls?: KeyPair & { readonly ca: string } }
  | { readonly ok: false; readonly errors: readonly string[] };

/** Reads the files that OpenVTAP presents where it connects, and checks them the same way. */
export async function readConnectTls({
  connectTls: files,
}: Pick<ServeConfig, "connectTls">): Promise<ReadConnectTls> {
  if (files === undefined) return { ok: true };
  const errors: string[] = [];
  const read = await readTls(files, (which, path, what) => {
    errors.push(`connectTls.${which}: ${path}: ${what}`);
  });
  if (read?.ca === undefined || errors.length > 0) return { ok: false, errors };
  return { ok: true, tls: { ...read, ca: read.ca } };
}

type Report = (key: "key" | "cert" | "ca", path: string, what: string) => void;

/** Reads and checks key, certificate and authorities. */
async function readTls(
  files: Pick<TlsConfig, "key" | "cert" | "ca">,
  report: Report,
): Promise<(KeyPair & { readonly ca?: string }) | undefined> {
  const read = async (key: "key" | "cert" | "ca", path: string): Promise<string | undefined> => {
    const found = await readText(path, { limit: SMALL_FILE_LIMIT });
    if (found.ok) return found.text;
    report(key, path, found.why);
    return undefined;
  };
  const key = await read("key", files.key);
  const cert = await read("cert", files.cert);
  const ca = files.ca === undefined ? undefined : await read("ca", files.ca);
  const privateKey = key === undefined ? undefined : keyOf(key);
  const certificate = cert === undefined ? undefined : certificateOf(cert);
  if (key !== undefined && !privateKey) {
    report("key", files.key, "it is not a PEM private key without a passphrase, name one");
  }
  const noCertificate = "it is not a PEM certificate, name one";
  if (cert !== undefined && !certificate) report("cert", files.cert, noCertificate);
  if (files.ca !== undefined && ca !== undefined && !certificateOf(ca)) {
    report("ca", files.ca, noCertificate);
  }
  if (privateKey && certificate && !certificate.checkPrivateKey(privateKey)) {
    const what = `it does not match the certificate ${files.cert}, name the key of that certificate`;
    report("key", files.key, what);
  } else if (privateKey && certificate) {
    // The checks above cover the first certificate only; a server presents the whole chain.
    const why = unfitness(key, cert);
    if (why) report("cert", files.cert, `TLS cannot use it (${why}), name another certificate`);
  }
  if (key === undefined || cert === undefined) return undefined;
  return { key, cert, ...(ca === undefined ? {} : { ca }) };
}

function keyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

/** The reason why no server can present a certificate with its chain, in the words of OpenSSL. */
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
