// SPDX-License-Identifier: Apache-2.0
import type { Command } from "commander";
import {
  addClientFlags,
  type Client,
  type ClientFlags,
  withClient,
} from "../commands/client-command.ts";
import type { CliDependencies, Finish } from "../dependencies.ts";
import { type AuditFlags, listAudit, showHead } from "./list-audit.ts";
import { type VerifyFlags, verifyAudit } from "./verify-audit.ts";

/** `vtap audit`, `vtap audit head` and `vtap audit verify`. */
export function addAuditCommands(
  program: Command,
  dependencies: CliDependencies,
  finish: Finish,
): void {
  const run = async (flags: ClientFlags, command: (client: Client) => Promise<number>) =>
    finish(await withClient(dependencies, flags, command));
  const audit = program
    .command("audit")
    .description("list who changed what, or was refused: the last records, or those of a filter");
  addClientFlags(audit)
    .option("--user <USER>", "only records of this user")
    .option("--object <ID>", "only records of the policy, group, host or switch with this id")
    .option("--operation <ROW>", 'only records of an operation: "DELETE /api/v1/policies/{id}"')
    .option("--outcome <OUTCOME>", "only records that are done, refused, or of an HTTP status")
    .option("--from <TIME>", "only records of this time (ISO 8601) and later")
    .option("--to <TIME>", "only records before this time")
    .option("--after <SEQUENCE>", "only records after this one")
    .option("--ndjson", "print all of them, one on each line, as an export to be verified")
    .action((flags: ClientFlags & AuditFlags) => run(flags, (client) => listAudit(client, flags)));
  addClientFlags(
    audit
      .command("head")
      .description("print SEQUENCE:HASH of the last record, to be kept elsewhere"),
  ).action((_flags: unknown, command: Command) => run(command.optsWithGlobals(), showHead));
  addClientFlags(
    audit
      .command("verify")
      .description("find records that were altered, removed, repeated or reordered"),
  )
    .argument("[FILE]", "an export (--ndjson); without it the records of the server")
    .option("--head <SEQUENCE:HASH>", "a head that was kept: finds a removed tail, too")
    .option("--after <SEQUENCE>", "the export begins after this record")
    .action((file: string | undefined, _flags: unknown, command: Command) => {
      const flags: ClientFlags & VerifyFlags = command.optsWithGlobals();
      return run(flags, (client) => verifyAudit(client, file, flags));
    });
}
