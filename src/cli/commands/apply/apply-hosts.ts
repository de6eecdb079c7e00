// SPDX-License-Identifier: Apache-2.0
import type { AppliedHosts } from "../../../contract/hosts.ts";
import { EXIT, reportErrors } from "../../dependencies.ts";
import { formatProblem } from "../../json-file.ts";
import { readInputFiles } from "../../read-files.ts";
import { type Client, printAnswer } from "../client-command.ts";
import { placedLines } from "./file-set.ts";

/** Flags of `vtap hosts apply`. */
export interface ApplyHostsFlags {
  readonly prune?: boolean;
}

/**
 * `vtap hosts apply FILE`: adds or moves the hosts of a file, all or none. A rejection names the places
 * in the file.
 */
export async function applyHosts(
  client: Client,
  path: string,
  { prune = false }: ApplyHostsFlags,
): Promise<number> {
  const { dependencies, rest } = client;
  const input = await readInputFiles([path]);
  if (!input.ok) return reportErrors(dependencies, input.errors, EXIT.usage);
  const [source] = input.files;
  if (!source) return EXIT.usage;
  const parsed = dependencies.parseJson(source.text, source.file);
  if (!parsed.ok) return reportErrors(dependencies, parsed.errors.map(formatProblem), EXIT.usage);
  const { hosts, ...others } = (parsed.value.value ?? {}) as { hosts?: unknown };
  if (!Array.isArray(hosts) || Object.keys(others).length > 0) {
    return reportErrors(dependencies, [formatProblem(parsed.value.locate(NOT_HOSTS))], EXIT.usage);
  }
  const answer = await rest.request("POST", "/hosts:apply", { hosts, prune });
  if (!answer.ok) {
    return reportErrors(dependencies, placedLines(answer.problem, parsed.value), EXIT.failed);
  }
  return printAnswer<AppliedHosts>(client, answer, (counts) => [
    ["created", "replaced", "unchanged", "deleted"]
      .map((what) => `${counts[what as keyof AppliedHosts]} ${what}`)
      .join(", "),
  ]);
}

const NOT_HOSTS = {
  path: [],
  what: "this is not a file of hosts",
  remedy: 'write { "hosts": [ … ] }',
};
