// SPDX-License-Identifier: Apache-2.0
import { open } from "node:fs/promises";
import type { AuditFault, AuditRecord, AuditVerification } from "../../contract/audit/audit.ts";
import { ChainCheck } from "../../contract/audit/audit-chain.ts";
import { defined } from "../../lang/defined.ts";
import { isObject } from "../../lang/is-object.ts";
import { type Client, problemLines } from "../commands/client-command.ts";
import { EXIT, reportErrors } from "../dependencies.ts";
import { writeJson, writeLines } from "../output/output.ts";

/** The flags of `vtap audit verify`. */
export interface VerifyFlags {
  /** `SEQUENCE:HASH`, as `vtap audit head` prints it. */
  readonly head?: string;
  /** The record before the first one of the file. */
  readonly after?: string;
}

type Head = Pick<AuditRecord, "sequence" | "hash">;

/** Lines that the server checks with one request, and the length that ends them earlier. */
const AT_ONCE = { lines: 500, characters: 400_000 };

/**
 * `vtap audit verify`: checks the chain of the server, or of an export. The chain of a file is checked here, and
 * the server says which of its records it has made. Fails when something is wrong.
 */
export async function verifyAudit(
  client: Client,
  file: string | undefined,
  flags: VerifyFlags,
): Promise<number> {
  const { dependencies } = client;
  const head = flags.head === undefined ? undefined : headOf(flags.head);
  if (head === "invalid") {
    const what = `"${flags.head}" is not a head, write it as vtap audit head prints it`;
    return reportErrors(dependencies, [`--head: ${what}`], EXIT.usage);
  }
  if (file === undefined) {
    const body = head === undefined ? undefined : { head };
    const answer = await client.rest.request("POST", "/audit:verify", body);
    if (!answer.ok) return reportErrors(dependencies, problemLines(answer.problem), EXIT.failed);
    return report(client, answer.body as AuditVerification);
  }
  const after = flags.after === undefined ? undefined : Number(flags.after);
  if (after !== undefined && !Number.isSafeInteger(after)) {
    const what = `"${flags.after}" is not the sequence number of a record`;
    return reportErrors(dependencies, [`--after: ${what}, write a whole number`], EXIT.usage);
  }
  return verifyFile(client, file, { heads: head ? [head] : [], ...defined({ after }) });
}

async function verifyFile(
  client: Client,
  file: string,
  start: ConstructorParameters<typeof ChainCheck>[0],
): Promise<number> {
  const { dependencies, rest } = client;
  const check = new ChainCheck(start);
  const faults: AuditFault[] = [];
  let number = 0;
  try {
    for await (const lines of chunksOf(file)) {
      const answer = await rest.request("POST", "/audit:verify", { records: lines });
      if (!answer.ok) return reportErrors(dependencies, problemLines(answer.problem), EXIT.failed);
      faults.push(...(answer.body as AuditVerification).faults);
      for (const line of lines) {
        number++;
        const record = recordOf(line);
        if (record) check.add(record);
        else faults.push({ sequence: 0, what: `line ${number} is no record` });
      }
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    return reportErrors(dependencies, [`${file}: cannot be read (${error.code})`], EXIT.usage);
  }
  const found = check.end();
  return report(client, { ...found, faults: [...faults, ...found.faults] });
}

/** The lines of a file, some at a time. */
async function* chunksOf(file: string): AsyncGenerator<string[]> {
  const handle = await open(file);
  try {
    let lines: string[] = [];
    let characters = 0;
    for await (const line of handle.readLines()) {
      if (line.trim() === "") continue;
      lines.push(line);
      characters += line.length;
      if (lines.length < AT_ONCE.lines && characters < AT_ONCE.characters) continue;
      yield lines;
      lines = [];
      characters = 0;
    }
    if (lines.length > 0) yield lines;
  } finally {
    await handle.close();
  }
}

function recordOf(line: string): AuditRecord | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    if (!isObject(parsed) || typeof parsed.sequence !== "number") return undefined;
    return parsed as AuditRecord;
  } catch {
    return undefined;
  }
}

function headOf(text: string): Head | "invalid" {
  const [, sequence, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (sequence === undefined || hash === undefined) return "invalid";
  return { sequence: Number(sequence), hash };
}

function report({ json, dependencies }: Client, found: AuditVerification): number {
  const { from, to, records, faults, truncated, truncatedHeads = [] } = found;
  if (json) writeJson(dependencies.stdout, found);
  else {
    const range = from === undefined ? "" : `, ${from} to ${to}`;
    const cut = truncated
      ? [`records up to ${truncated.to} were deleted because of their age or number`]
      : [];
    const unproven = truncatedHeads.map(
      (sequence) => `head ${sequence}: its record was deleted, it proves nothing any more`,
    );
    const bad = faults.map(({ sequence, what }) => `record ${sequence}: ${what}`);
    const result = faults.length === 0 ? "the chain is whole" : "the chain is broken";
    writeLines(dependencies.stdout, [
      ...bad,
      ...cut,
      ...unproven,
      `${records} records${range}: ${result}`,
    ]);
  }
  return faults.length === 0 ? EXIT.ok : EXIT.failed;
}
