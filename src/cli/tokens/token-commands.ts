// SPDX-License-Identifier: Apache-2.0
import { type Command, InvalidArgumentError, Option } from "commander";
import { ROLES } from "../../access/roles.ts";
import { SETTINGS } from "../config/settings.ts";
import type { CliDependencies, Finish } from "../dependencies.ts";
import { type CreateTokenFlags, createToken, listTokens, revokeTokens } from "./token.ts";

interface FileFlag {
  readonly auth: string;
}

/** `vtap token create`, `list` and `revoke`: they change the auth file, without a server. */
export function addTokenCommands(
  program: Command,
  dependencies: CliDependencies,
  finish: Finish,
): void {
  const token = program
    .command("token")
    .description("create, list and revoke tokens of an auth file");
  withFileFlag(
    token.command("create").description("create a token, and print it once"),
    dependencies,
  )
    .requiredOption("--user <NAME>", "the user of the token")
    .addOption(
      new Option("--role <ROLE>", "what the token may do").choices(ROLES).makeOptionMandatory(),
    )
    .option("--project <ID>", "the project that the token is limited to (default: no limit)")
    .option("--ttl <TIME>", "life of the token, such as 12h, 30d or 52w (default: for ever)", time)
    .option("--id <ID>", "id of the token (default: a random one)")
    .action(async ({ auth, ...flags }: FileFlag & CreateTokenFlags) =>
      finish(await createToken(dependencies, auth, flags)),
    );
  withFileFlag(token.command("list").description("list the tokens"), dependencies)
    .option("--json", "print JSON")
    .action(async ({ auth, ...flags }: FileFlag & { json?: boolean }) =>
      finish(await listTokens(dependencies, auth, flags)),
    );
  withFileFlag(token.command("revoke").description("revoke tokens"), dependencies)
    .argument("<ID...>", "their ids")
    .action(async (ids: string[], { auth }: FileFlag) =>
      finish(await revokeTokens(dependencies, auth, ids)),
    );
}

function withFileFlag(command: Command, { env }: CliDependencies): Command {
  const { variable } = SETTINGS.auth.flag;
  const fromVariable = env[variable] || undefined;
  const flag = new Option("--auth <FILE>", `the auth file (env ${variable})`);
  return command.addOption(fromVariable ? flag.default(fromVariable) : flag.makeOptionMandatory());
}

const SECOND_MS = 1000;
const UNITS_MS: Readonly<Record<string, number>> = {
  s: SECOND_MS,
  m: 60 * SECOND_MS,
  h: 3600 * SECOND_MS,
  d: 86_400 * SECOND_MS,
  w: 7 * 86_400 * SECOND_MS,
};

/** A time such as `30d`, in milliseconds. */
function time(text: string): number {
  const [, digits = "", unit = ""] = /^([1-9]\d{0,5})([smhdw])$/.exec(text) ?? [];
  const unitMs = UNITS_MS[unit];
  if (unitMs !== undefined) return Number(digits) * unitMs;
  throw new InvalidArgumentError("Write a number and s, m, h, d or w: 30d.");
}
