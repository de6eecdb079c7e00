// SPDX-License-Identifier: Apache-2.0
import { defined } from "../../lang/defined.ts";
import { parseMac } from "../../openflow/index.ts";
import { type Dpid, parseDpid } from "../dpid.ts";
import { parseIpAddress } from "../ip-address.ts";
import type {
  HostConfig,
  LinkConfig,
  PortReference,
  SwitchConfig,
  TopologyConfig,
} from "../model.ts";
import { findContradictions } from "./contradictions.ts";
import { type FileError, type FileResult, JsonDocument } from "./json-document.ts";
import { parsePassiveService } from "./passive-service.ts";
import {
  type HostDocument,
  hostSchema,
  type LinkDocument,
  linkSchema,
  profileOf,
  switchSchema,
  topologyFileSchema,
} from "./schema.ts";
import { type Checked, checkSchema } from "./schema-problems.ts";
import { SwitchNames } from "./switch-names.ts";
import type { Entry, TopologyEntries } from "./topology-entries.ts";

/** A file's name and text, as read from disk. */
export interface FileText {
  readonly file: string;
  readonly text: string;
}

/** Reads one topology file. */
export function parseTopologyFile(text: string, file: string): FileResult<TopologyConfig> {
  return parseTopologyFiles([{ text, file }]);
}

/**
 * Reads topology files that together describe one network: an entry may refer to a switch in another
 * file. Returns the configuration, or all errors of all files, sorted by file and line.
 */
export function parseTopologyFiles(files: readonly FileText[]): FileResult<TopologyConfig> {
  const entries: TopologyEntries = { switches: [], links: [], hosts: [] };
  const errors: FileError[] = [];
  for (const { file, text } of files) {
    const parsed = JsonDocument.parse(text, file);
    if (parsed.ok) errors.push(...readEntries(parsed.value, entries));
    else errors.push(...parsed.errors);
  }
  const switches = new SwitchNames(entries.switches.map(({ value }) => value));
  // A switch whose entry is malformed is not unknown: its uses must not be reported as well.
  const complete = errors.every(({ path }) => path !== "" && !path.startsWith("/switches"));
  errors.push(...findContradictions(entries, switches, complete));
  if (errors.length > 0) return { ok: false, errors: inOrder(errors, files) };
  return { ok: true, value: toConfig(entries, switches) };
}

/**
 * Reads a host in a REST request. `TopologyState.addHost` finds contradictions with the network.
 */
export function parseHost(value: unknown, switches: SwitchNames): Checked<HostConfig> {
  const checked = checkSchema(hostSchema, value);
  if (!checked.ok) return checked;
  const dpid = switches.find(checked.value.switch);
  if (dpid) return { ok: true, value: hostConfig(checked.value, dpid) };
  return { ok: false, problems: [switches.unknown(checked.value.switch, ["switch"])] };
}

function readEntries(document: JsonDocument, into: TopologyEntries): FileError[] {
  const file = checkSchema(topologyFileSchema, document.value);
  // Unknown keys must not hide errors inside the known ones.
  const value = file.ok ? file.value : (document.value as Partial<Record<string, unknown>> | null);
  const errors = file.ok ? [] : file.problems.map((problem) => document.locate(problem));
  const read = <T>(
    key: keyof TopologyEntries,
    list: Entry<T>[],
    check: (v: unknown) => Checked<T>,
  ) => {
    const items = value?.[key];
    if (!Array.isArray(items)) return;
    items.forEach((item: unknown, index) => {
      const path = [key, index];
      const checked = check(item);
      if (checked.ok) list.push({ document, path, value: checked.value });
      else {
        for (const problem of checked.problems) {
          errors.push(document.locate({ ...problem, path: [...path, ...problem.path] }));
        }
      }
    });
  };
  read("switches", into.switches, (item) => checkSchema(switchSchema, item));
  read("links", into.links, (item) => checkSchema(linkSchema, item));
  read("hosts", into.hosts, (item) => checkSchema(hostSchema, item));
  return errors;
}

function toConfig(entries: TopologyEntries, names: SwitchNames): TopologyConfig {
  const found = (text: string): Dpid => names.find(text) ?? unreachable(`switch ${text}`);
  const end = (at: LinkDocument["a"]): PortReference => ({ dpid: found(at.switch), port: at.port });
  return {
    switches: entries.switches.map(({ value }): SwitchConfig => {
      const { name, fragments, project } = value;
      const forwarding = profileOf(value.forwarding);
      const connect =
        value.connect === undefined
          ? undefined
          : (parsePassiveService(value.connect) ?? unreachable(value.connect));
      const dpid = parseDpid(value.dpid) ?? unreachable(value.dpid);
      return { dpid, ...defined({ name, fragments, project, connect }), forwarding };
    }),
    links: entries.links.map(
      ({ value: { a, b, weight, copyWeight, direct } }): LinkConfig => ({
        a: end(a),
        b: end(b),
        weight,
        ...defined({ copyWeight, direct }),
      }),
    ),
    hosts: entries.hosts.map(({ value }) => hostConfig(value, found(value.switch))),
  };
}

function hostConfig(
  { name, mac, ips, port, role, sharedPort, project }: HostDocument,
  dpid: Dpid,
): HostConfig {
  return {
    ...defined({ name, role, sharedPort, project }),
    mac: parseMac(mac) ?? unreachable(mac),
    ips: ips.map((ip) => parseIpAddress(ip) ?? unreachable(ip)),
    dpid,
    port,
  };
}

/** For cases that the schema or the contradictions exclude. */
function unreachable(what: string): never {
  throw new Error(`validated, but not found: ${what}`);
}

function inOrder(errors: readonly FileError[], files: readonly FileText[]): FileError[] {
  const rank = new Map(files.map(({ file }, index) => [file, index]));
  return [...errors].sort(
    (x, y) =>
      (rank.get(x.file) ?? 0) - (rank.get(y.file) ?? 0) || x.line - y.line || x.column - y.column,
  );
}
