// SPDX-License-Identifier: Apache-2.0
import type { Command } from "commander";
import { TOKEN_PATTERN } from "../../access/token.ts";
import { defined } from "../../lang/defined.ts";
import { SERVER_VARIABLE, TOKEN_VARIABLE } from "../config/settings.ts";
import { type CliDependencies, EXIT, reportErrors } from "../dependencies.ts";
import { writeJson, writeLines } from "../output/output.ts";
import { readText, SMALL_FILE_LIMIT } from "../read-files.ts";
import {
  type ClientCredentials,
  type RestAnswer,
  RestClient,
  type RestProblem,
  UnreachableError,
} from "../rest-client.ts";

const DEFAULT_SERVER = "http://127.0.0.1:8080";

/** The flags of every client command, as commander returns them. */
export interface ClientFlags {
  readonly server?: string;
  readonly tokenFile?: string;
  readonly ca?: string;
  readonly json?: boolean;
}

/** The context of a client command. */
export interface Client {
  readonly rest: RestClient;
  /** The URL of the server. */
  readonly server: string;
  /** Whether the command prints JSON, for programs. */
  readonly json: boolean;
  readonly dependencies: CliDependencies;
}

/** Adds the flags of all client commands to a command. */
export function addClientFlags(command: Command): Command {
  return command
    .option(
      "--server <URL>",
      `URL of the server (default: ${DEFAULT_SERVER}; env ${SERVER_VARIABLE})`,
    )
    .option("--token-file <FILE>", `file with the token (default: env ${TOKEN_VARIABLE})`)
    .option("--ca <FILE>", "PEM file: authority that signed the server's certificate")
    .option("--json", "print JSON");
}

/** Runs a client command; an unreachable server is one error line and exit code 1. */
export async function withClient(
  dependencies: CliDependencies,
  flags: ClientFlags,
  run: (client: Client) => Promise<number>,
): Promise<number> {
  const server = flags.server ?? (dependencies.env[SERVER_VARIABLE] || DEFAULT_SERVER);
  const credentials = await readCredentials(dependencies.env, flags);
  if (!credentials.ok) return reportErrors(dependencies, [credentials.error], EXIT.usage);
  try {
    const rest = new RestClient(server, credentials.value);
    return await run({ rest, server, json: flags.json === true, dependencies });
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    return reportErrors(dependencies, [error.message], EXIT.failed);
  }
}

type ReadCredentials =
  | { readonly ok: true; readonly value: ClientCredentials }
  | { readonly ok: false; readonly error: string };

/** The token and the authority that the flags and variables name. No flag takes a token: others would see it. */
async function readCredentials(
  env: CliDependencies["env"],
  { tokenFile, ca }: ClientFlags,
): Promise<ReadCredentials> {
  const authority = await readNamed(ca);
  if (!authority.ok) return authority;
  const written = await readNamed(tokenFile);
  if (!written.ok) return written;
  const token = (written.text ?? env[TOKEN_VARIABLE] ?? "").trim();
  if (token !== "" && !TOKEN_PATTERN.test(token)) {
    const error = `${tokenFile ?? TOKEN_VARIABLE}: this is not a token, write one and nothing else`;
    return { ok: false, error };
  }
  const value = { ...defined({ ca: authority.text }), ...(token === "" ? {} : { token }) };
  return { ok: true, value };
}

type ReadNamed =
  | { readonly ok: true; readonly text?: string }
  | { readonly ok: false; readonly error: string };

/** The text of a file that a flag names; none without the flag. */
async function readNamed(path: string | undefined): Promise<ReadNamed> {
  if (path === undefined) return { ok: true };
  const read = await readText(path, { limit: SMALL_FILE_LIMIT, anyKind: true });
  return read.ok ? read : { ok: false, error: `${path}: ${read.why}` };
}

/** Prints an answer as JSON or as lines, or the problems of a rejected request. */
export function printAnswer<T>(
  { json, dependencies }: Client,
  answer: RestAnswer,
  toLines: (body: T) => readonly string[],
): number {
  if (!answer.ok) return reportErrors(dependencies, problemLines(answer.problem), EXIT.failed);
  if (json) writeJson(dependencies.stdout, answer.body);
  else writeLines(dependencies.stdout, toLines(answer.body as T));
  return EXIT.ok;
}

/** One line for each problem of a rejected request. */
export function problemLines({ detail, errors }: RestProblem): string[] {
  if (errors.length === 0) return [detail];
  return errors.map((error) => {
    const place = error.pointer || error.parameter;
    return `${place ? `${place}: ` : ""}${error.detail}, ${error.remedy}`;
  });
}
