// SPDX-License-Identifier: Apache-2.0
import {
  type HttpKeyPair,
  type ReadListener,
  readConnectTls,
  readHttpTls,
  readInputFiles,
  readListeners,
  type ServeConfig,
  settingValue,
} from "../cli/index.ts";
import { defined } from "../lang/defined.ts";
import type { ConnectTls } from "../ovsdb-session/index.ts";
import { type PolicyFiles, parsePolicyFiles } from "../policy/index.ts";
import {
  type FileResult,
  type FileText,
  formatFileError,
  type PortStatement,
  parseTopologyFiles,
  passiveServices,
  type TopologyConfig,
} from "../topology/index.ts";
import { type ReadAccess, readAccess } from "./access/read-access.ts";
import { parseApart } from "./file-parser.ts";

/** The content of the files that the configuration names. */
export interface Inputs {
  readonly listeners: readonly ReadListener[];
  readonly ovsdbListeners: readonly ReadListener[];
  /** Absent: OpenVTAP connects nowhere over TLS. */
  readonly connectTls?: ConnectTls;
  readonly topology: TopologyConfig;
  readonly ports: readonly PortStatement[];
  readonly policies: PolicyFiles;
  /** Absent: plain HTTP. */
  readonly httpTls?: HttpKeyPair;
  readonly access: Extract<ReadAccess, { ok: true }>;
}

/** A value read from files, or one line for each error. */
type Read<T> =
  | { readonly ok: true; readonly value: T; readonly files: readonly FileText[] }
  | ReadErrors;

interface ReadErrors {
  readonly ok: false;
  /** Errors of files that could not be read at all. */
  readonly unread: readonly string[];
  /** Errors in the content of files. */
  readonly invalid: readonly string[];
}

/** Reads the value of files, or lists their errors. */
type Parse<T> = (files: readonly FileText[]) => FileResult<T> | Promise<FileResult<T>>;

/** Reads every file of the configuration. On any error, returns all errors of all files. */
export async function loadInputs(
  config: ServeConfig,
): Promise<({ ok: true } & Inputs) | { ok: false; errors: readonly string[] }> {
  const topology = await readTopology(config);
  const ports = await readPorts(config);
  const policies = await readParsed(config, { paths: config.policies }, (files) =>
    parsePolicyFiles(files, settingValue(config, "ruleLimit")),
  );
  const listeners = await readListeners("openflowListeners", config.openflowListeners ?? []);
  const ovsdb = await readListeners("ovsdbListeners", config.ovsdbListeners ?? []);
  const connect = await readConnectTls(config);
  const http = await readHttpTls(config);
  const access = await readAccess(config);
  const missing =
    topology.ok && connect.ok && !connect.tls
      ? [...passiveServices(topology.value)].filter(([, { transport }]) => transport === "tls")
      : [];
  if (missing.length > 0) {
    const which = missing.map(([dpid]) => dpid).join(", ");
    const remedy = 'add "connectTls" to the config file';
    return { ok: false, errors: [`pssl: of switch ${which} needs a certificate, ${remedy}`] };
  }
  if (
    topology.ok &&
    ports.ok &&
    policies.ok &&
    listeners.ok &&
    ovsdb.ok &&
    connect.ok &&
    http.ok &&
    access.ok
  ) {
    const files = { topology: topology.value, ports: ports.value.ports };
    const values = { ...files, policies: policies.value, access };
    return {
      ok: true,
      ...values,
      listeners: listeners.listeners,
      ovsdbListeners: ovsdb.listeners,
      ...defined({ httpTls: http.tls, connectTls: connect.tls }),
    };
  }
  const failed = [topology, ports, policies].flatMap((each) => (each.ok ? [] : [each]));
  const others = [listeners, ovsdb, connect, http, access].flatMap((each) =>
    each.ok ? [] : each.errors,
  );
  return { ok: false, errors: [...linesOf(...failed), ...others] };
}

/** Reads the topology files of the configuration. */
function readTopology(
  config: ServeConfig,
  parse: Parse<TopologyConfig> = parseTopologyFiles,
): Promise<Read<TopologyConfig>> {
  // A directory whose files are not there yet, or no longer, would be a network without switches.
  const files = { paths: config.topology, emptyDirectories: false };
  return readParsed(config, files, parse);
}

/** The same while the controller runs: the event loop goes on while long files are parsed. */
export function readTopologyAgain(config: ServeConfig): Promise<Read<TopologyConfig>> {
  return readTopology(config, (files) => parseApart("topology", files));
}

/** Reads the ports file of the configuration. */
export function readPorts(
  config: ServeConfig,
): Promise<Read<{ readonly ports: readonly PortStatement[] }>> {
  const paths = config.portsFile === undefined ? [] : [config.portsFile];
  return readParsed(config, { paths }, (files) => parseApart("ports", files));
}

/** Every error, those of unreadable files first. */
export function linesOf(...failed: readonly ReadErrors[]): readonly string[] {
  return [...failed.flatMap(({ unread }) => unread), ...failed.flatMap(({ invalid }) => invalid)];
}

async function readParsed<T>(
  { fileLimitBytes }: ServeConfig,
  { paths, ...options }: { paths: readonly string[]; emptyDirectories?: boolean },
  parse: Parse<T>,
): Promise<Read<T>> {
  const limits = { limit: fileLimitBytes, setting: "fileLimitBytes" };
  const read = await readInputFiles(paths, { ...limits, ...options });
  if (!read.ok) return { ok: false, unread: read.errors, invalid: [] };
  const parsed = await parse(read.files);
  if (parsed.ok) return { ok: true, value: parsed.value, files: read.files };
  return { ok: false, unread: [], invalid: parsed.errors.map(formatFileError) };
}
