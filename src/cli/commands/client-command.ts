// SPDX-License-Identifier: Apache-2.0
import type { Command } from "commander";
import { SERVER_VARIABLE } from "../config/settings.ts";
import { type CliDependencies, EXIT, reportErrors } from "../dependencies.ts";
import { writeJson, writeLines } from "../output/output.ts";
import { type RestAnswer, RestClient, type RestProblem, UnreachableError } from "../rest-client.ts";

const DEFAULT_SERVER = "http://127.0.0.1:8080";

/** The flags of every client command, as commander returns them. */
export interface ClientFlags {
  readonly server?: string;
  readonly json?: boolean;
}

/** The context of a client command. */
export interface Client {
  readonly rest: RestClient;
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
    .option("--json", "print JSON");
}

/** Runs a client command; an unreachable server is one error line and exit code 1. */
export async function withClient(
  dependencies: CliDependencies,
  flags: ClientFlags,
  run: (client: Client) => Promise<number>,
): Promise<number> {
  const server = flags.server ?? (dependencies.env[SERVER_VARIABLE] || DEFAULT_SERVER);
  try {
    return await run({ rest: new RestClient(server), json: flags.json === true, dependencies });
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    return reportErrors(dependencies, [error.message], EXIT.failed);
  }
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
