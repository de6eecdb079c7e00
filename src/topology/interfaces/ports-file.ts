// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { defined } from "../../lang/defined.ts";
import { parseMac } from "../../openflow/index.ts";
import { type FileError, type FileResult, JsonDocument } from "../files/json-document.ts";
import { ipTexts, macText, projectText } from "../files/schema.ts";
import { checkSchema } from "../files/schema-problems.ts";
import type { FileText } from "../files/topology-file.ts";
import { type IpAddress, parseIpAddress } from "../ip-address.ts";

/** What a ports file states about the interface with an `iface-id`. */
export interface PortStatement {
  readonly iface: string;
  readonly mac?: number;
  readonly ips?: readonly IpAddress[];
  /** The name of the host. */
  readonly name?: string;
  readonly workloads?: readonly string[];
  readonly project?: string;
  /** The name of its virtual network. */
  readonly network?: string;
}

const MOST_NAME_CHARACTERS = 320;
const workloadName = z.string().min(1).max(MOST_NAME_CHARACTERS);

const port = z.strictObject({
  mac: macText.optional(),
  ips: ipTexts.optional(),
  name: z.string().min(1).max(64).optional(),
  workload: z.union([workloadName, z.array(workloadName).max(32)]).optional(),
  project: projectText.optional(),
  network: workloadName.optional(),
});

/** Entries are checked one by one, so that all errors of all entries are reported. */
const portsFile = z.strictObject({ ports: z.record(z.string(), z.unknown()) });

/** Reads ports files; each name of an interface and of a host is in one of them once. All errors of all files, or none. */
export function parsePortsFiles(
  files: readonly FileText[],
): FileResult<{ readonly ports: readonly PortStatement[] }> {
  const ports: PortStatement[] = [];
  const errors: FileError[] = [];
  const named = new Map<string, string>();
  for (const { file, text } of files) {
    const parsed = JsonDocument.parse(text, file);
    if (parsed.ok) errors.push(...readPorts(parsed.value, ports, named));
    else errors.push(...parsed.errors);
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, value: { ports } };
}

function readPorts(
  document: JsonDocument,
  into: PortStatement[],
  named: Map<string, string>,
): FileError[] {
  const checked = checkSchema(portsFile, document.value);
  if (!checked.ok) return checked.problems.map((problem) => document.locate(problem));
  const errors: FileError[] = [];
  for (const [iface, value] of Object.entries(checked.value.ports)) {
    const path = ["ports", iface];
    const entry = checkSchema(port, value);
    if (!entry.ok) {
      const problems = entry.problems.map((each) => ({ ...each, path: [...path, ...each.path] }));
      errors.push(...problems.map((problem) => document.locate(problem)));
      continue;
    }
    const { name } = entry.value;
    const other = name === undefined ? undefined : named.get(name);
    if (other !== undefined) {
      const what = `name "${name}" is already used by interface ${other}`;
      const remedy = "give each its own name, or remove one of them";
      errors.push(document.locate({ path: [...path, "name"], what, remedy }));
    }
    if (name !== undefined) named.set(name, iface);
    into.push(statementOf(iface, entry.value));
  }
  return errors;
}

function statementOf(
  iface: string,
  { mac: text, ips: texts, name, workload, project, network }: z.output<typeof port>,
): PortStatement {
  const mac = text === undefined ? undefined : parseMac(text);
  const ips = texts?.flatMap((each) => parseIpAddress(each) ?? []);
  const workloads = typeof workload === "string" ? [workload] : workload;
  return { iface, ...defined({ mac, ips, name, workloads, project, network }) };
}
