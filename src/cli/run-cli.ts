// SPDX-License-Identifier: Apache-2.0
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { addAuditCommands } from "./audit/audit-commands.ts";
import { type ApplyFlags, applyFiles, applyGroups } from "./commands/apply/apply.ts";
import { type ApplyHostsFlags, applyHosts } from "./commands/apply/apply-hosts.ts";
import { dryRunFiles } from "./commands/apply/dry-run.ts";
import { checkFiles } from "./commands/check.ts";
import {
  addClientFlags,
  type Client,
  type ClientFlags,
  withClient,
} from "./commands/client-command.ts";
import { listCounters, showCounters } from "./commands/counters.ts";
import { type ExplainFlags, explainFrame } from "./commands/explain.ts";
import { deleteGroups, listGroups, showGroup } from "./commands/groups.ts";
import { listHostObservers, listHosts } from "./commands/hosts.ts";
import { listLinks } from "./commands/links.ts";
import { listSwitches, showStatus } from "./commands/network.ts";
import { deletePolicies, listPolicies, showPolicy } from "./commands/policies.ts";
import { addPreview } from "./commands/preview.ts";
import { probePolicy } from "./commands/probe.ts";
import { listProjects } from "./commands/projects.ts";
import { resyncSwitches } from "./commands/resync.ts";
import { resumeTaps, type SuspendFlags, suspendTaps } from "./commands/taps.ts";
import { configPath, resolveSettings } from "./config/resolve-config.ts";
import { addServeFlags, type ServeFlags, usageError } from "./config/serve-flags.ts";
import { type CliDependencies, EXIT, type Finish, reportErrors } from "./dependencies.ts";
import { addDoctor } from "./doctor/doctor.ts";
import { POLICY_STATES } from "./policy-states.ts";
import { readAhead } from "./read-files.ts";
import { addTokenCommands } from "./tokens/token-commands.ts";

/** What is said of the flag `--reason`. */
const REASON = "reason, for the audit log";

/**
 * Runs the `vtap` command.
 *
 * @param argv the arguments after `vtap`.
 * @returns the exit code; see `EXIT`.
 */
export async function runCli(
  argv: readonly string[],
  dependencies: CliDependencies,
): Promise<number> {
  let code: number = EXIT.ok;
  const program = buildProgram(dependencies, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.ok;
    // Commander has already written the help.
    if (error.code === "commander.help") return EXIT.usage;
    return reportErrors(dependencies, [`vtap: ${usageError(error)}`], EXIT.usage);
  }
}

function buildProgram(dependencies: CliDependencies, finish: Finish): Command {
  const { stdout, stderr, version } = dependencies;
  const program = new Command("vtap")
    .description("OpenVTAP: bit-exact copies of production traffic to monitors, over OpenFlow 1.4")
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      // runCli writes it, as one line.
      outputError: () => undefined,
    });
  addServe(program, dependencies, finish);
  addCheck(program, dependencies, finish);
  addDoctor(program, dependencies, finish);
  addPolicyCommands(program, dependencies, finish);
  addGroups(program, dependencies, finish);
  addCounters(program, dependencies, finish);
  addProbe(program, dependencies, finish);
  addPreview(program, dependencies, finish);
  addTapsCommands(program, dependencies, finish);
  addResync(program, dependencies, finish);
  addExplain(program, dependencies, finish);
  addNetworkCommands(program, dependencies, finish);
  addAuditCommands(program, dependencies, finish);
  addTokenCommands(program, dependencies, finish);
  return program;
}

function addServe(program: Command, dependencies: CliDependencies, finish: Finish): void {
  const { env, parseJson, serve } = dependencies;
  addServeFlags(program.command("serve").description("run the controller")).action(
    async (flags: ServeFlags) => {
      const resolve = async () => {
        const readFile = await readAhead(configPath(flags, env));
        return resolveSettings({ flags, env, readFile, parseJson });
      };
      const result = await resolve();
      finish(
        result.ok
          ? await serve(result.config, resolve)
          : reportErrors(dependencies, result.errors, EXIT.usage),
      );
    },
  );
}

function addCheck(program: Command, dependencies: CliDependencies, finish: Finish): void {
  program
    .command("check")
    .description("check policy and topology files, without a server")
    .argument("<FILE...>", "files, or directories of *.json files")
    .action(async (files: string[]) => finish(await checkFiles(dependencies, files)));
}

function addPolicyCommands(program: Command, dependencies: CliDependencies, finish: Finish): void {
  const states = new Option("--state <STATE>", "only policies in this state").choices(
    POLICY_STATES,
  );
  addClientFlags(program.command("policies").description("list policies, or show one"))
    .argument("[ID]", "the policy to show")
    .addOption(states)
    .action(async (id: string | undefined, flags: ClientFlags & { state?: string }) =>
      finish(
        await withClient(dependencies, flags, (client) =>
          id === undefined ? listPolicies(client, flags.state) : showPolicy(client, id),
        ),
      ),
    );
  addClientFlags(
    program
      .command("apply")
      .description("create or replace the groups and policies in files: all of them, or none"),
  )
    .argument("<FILE...>", "policy files, or directories of *.json files")
    .option(
      "--wait <MS>",
      `time to wait until all policies are active; exit code ${EXIT.notActive} if they are not`,
      milliseconds,
      0,
    )
    .option("--dry-run", "show what the files would do as one change, without applying it")
    .option("--prune", "delete what earlier applies of the set created and the files do not have")
    .option("--set <NAME>", 'name of the set that the files are (default: "default")')
    .action(async (files: string[], flags: ClientFlags & ApplyFlags & { dryRun?: boolean }) =>
      finish(
        await withClient(dependencies, flags, (client) =>
          flags.dryRun ? dryRunFiles(client, files, flags) : applyFiles(client, files, flags),
        ),
      ),
    );
  addClientFlags(program.command("delete").description("delete policies"))
    .argument("<ID...>", "their ids")
    .option("--reason <TEXT>", REASON)
    .action(async (ids: string[], flags: ClientFlags & { reason?: string }) =>
      finish(
        await withClient(dependencies, flags, (client) =>
          deletePolicies(client, ids, flags.reason),
        ),
      ),
    );
}

function addGroups(program: Command, dependencies: CliDependencies, finish: Finish): void {
  const run = async (flags: ClientFlags, command: (client: Client) => Promise<number>) =>
    finish(await withClient(dependencies, flags, command));
  const groups = program.command("groups").description("list groups of addresses and hosts");
  addClientFlags(groups).action((flags: ClientFlags) => run(flags, listGroups));
  addClientFlags(groups.command("show").description("show a group"))
    .argument("<ID>", "its id")
    .action((id: string, _flags: unknown, command: Command) =>
      run(command.optsWithGlobals(), (client) => showGroup(client, id)),
    );
  addClientFlags(groups.command("apply").description("create or replace the groups in files"))
    .argument("<FILE...>", 'policy files with "groups", or directories of *.json files')
    .action((files: string[], _flags: unknown, command: Command) =>
      run(command.optsWithGlobals(), (client) => applyGroups(client, files)),
    );
  addClientFlags(groups.command("delete").description("delete groups that no policy names"))
    .argument("<ID...>", "their ids")
    .action((ids: string[], _flags: unknown, command: Command) =>
      run(command.optsWithGlobals(), (client) => deleteGroups(client, ids)),
    );
}

function addCounters(program: Command, dependencies: CliDependencies, finish: Finish): void {
  addClientFlags(
    program.command("counters").description("show how many copies were made and delivered"),
  )
    .argument("[ID]", "the policy to show, with each monitor")
    .action(async (id: string | undefined, flags: ClientFlags) =>
      finish(
        await withClient(dependencies, flags, (client) =>
          id === undefined ? listCounters(client) : showCounters(client, id),
        ),
      ),
    );
}

function addProbe(program: Command, dependencies: CliDependencies, finish: Finish): void {
  addClientFlags(
    program
      .command("probe")
      .description(
        "send a marked frame along every way of a policy's copies, and show what arrives",
      ),
  )
    .argument("<ID>", "the policy")
    .action(async (id: string, flags: ClientFlags) =>
      finish(await withClient(dependencies, flags, (client) => probePolicy(client, id))),
    );
}

function addTapsCommands(program: Command, dependencies: CliDependencies, finish: Finish): void {
  addClientFlags(
    program.command("suspend").description("remove all copies from the switches; policies stay"),
  )
    .option("--project <NAME>", "only the taps of this project")
    .option("--reason <TEXT>", "reason, shown in the status of every policy")
    .option("--wait <MS>", "time to wait until the switches confirm", milliseconds, 10_000)
    .action(async (flags: ClientFlags & SuspendFlags) =>
      finish(await withClient(dependencies, flags, (client) => suspendTaps(client, flags))),
    );
  addClientFlags(program.command("resume").description("restore the copies"))
    .argument("[ID]", "only this policy, which the drop guard suspended")
    .option("--project <NAME>", "only the taps of this project")
    .option("--reason <TEXT>", REASON)
    .option("--wait <MS>", "time to wait until the switches confirm", milliseconds, 10_000)
    .action(async (id: string | undefined, flags: ClientFlags & SuspendFlags) =>
      finish(await withClient(dependencies, flags, (client) => resumeTaps(client, id, flags))),
    );
}

function addResync(program: Command, dependencies: CliDependencies, finish: Finish): void {
  addClientFlags(
    program
      .command("resync")
      .description("compare the tables of switches with the policies, and repair them"),
  )
    .argument("[SWITCH]", "only this switch: name or datapath id")
    .action(async (name: string | undefined, flags: ClientFlags) =>
      finish(await withClient(dependencies, flags, (client) => resyncSwitches(client, name))),
    );
}

function addExplain(program: Command, dependencies: CliDependencies, finish: Finish): void {
  addClientFlags(
    program.command("explain").description("trace a frame through the switches, with reasons"),
  )
    .argument("[FIELD=VALUE...]", "fields of the frame, named like filters: tcp_dst=80")
    .option("--at <PLACE>", "where the frame enters: a host, or SWITCH:PORT")
    .option("--to <HOST>", "destination host of the frame")
    .option("--hex <BYTES>", "the whole frame in hex")
    .option("--policy <ID...>", "explain only these policies")
    .action(async (words: string[], flags: ClientFlags & ExplainFlags) =>
      finish(await withClient(dependencies, flags, (client) => explainFrame(client, words, flags))),
    );
}

function addNetworkCommands(program: Command, dependencies: CliDependencies, finish: Finish): void {
  addClientFlags(program.command("switches").description("list switches")).action(
    async (flags: ClientFlags) => finish(await withClient(dependencies, flags, listSwitches)),
  );
  addClientFlags(
    program.command("links").description("list configured and discovered links"),
  ).action(async (flags: ClientFlags) => finish(await withClient(dependencies, flags, listLinks)));
  addClientFlags(
    program.command("projects").description("list projects with what they use of their quotas"),
  ).action(async (flags: ClientFlags) =>
    finish(await withClient(dependencies, flags, listProjects)),
  );
  const hosts = program.command("hosts").description("list configured and learned hosts");
  addClientFlags(hosts).action(async (flags: ClientFlags) =>
    finish(await withClient(dependencies, flags, listHosts)),
  );
  addClientFlags(hosts.command("apply").description("add or move the hosts of a file: all or none"))
    .argument("<FILE>", '{ "hosts": [ … ] }')
    .option("--prune", "delete hosts added over REST that are not in the file")
    .action(async (path: string, _flags: unknown, command: Command) => {
      const flags: ClientFlags & ApplyHostsFlags = command.optsWithGlobals();
      finish(await withClient(dependencies, flags, (client) => applyHosts(client, path, flags)));
    });
  addClientFlags(
    hosts.command("observers").description("list the policies that copy frames of a host"),
  )
    .argument("<MAC>", "its MAC address")
    .action(async (mac: string, _flags: unknown, command: Command) =>
      finish(
        await withClient(dependencies, command.optsWithGlobals(), (client) =>
          listHostObservers(client, mac),
        ),
      ),
    );
  addClientFlags(program.command("status").description("show a summary of the controller")).action(
    async (flags: ClientFlags) => finish(await withClient(dependencies, flags, showStatus)),
  );
}

function milliseconds(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 60_000) return Number(text);
  throw new InvalidArgumentError("Write a whole number of milliseconds from 0 to 60000.");
}
