// SPDX-License-Identifier: Apache-2.0
import type { Command } from "commander";
import { defined } from "../../lang/defined.ts";
import {
  addClientFlags,
  type Client,
  type ClientFlags,
  withClient,
} from "../commands/client-command.ts";
import { type ConnectTarget, connectTargets } from "../config/connect-values.ts";
import { type ConfigResult, configPath, resolveSettings } from "../config/resolve-config.ts";
import { SERVER_VARIABLE } from "../config/settings.ts";
import { readConnectTls } from "../config/tls-files.ts";
import { formatEndpoint } from "../config/values.ts";
import { type CliDependencies, EXIT, type Finish, reportErrors } from "../dependencies.ts";
import { writeJson } from "../output/output.ts";
import { readAhead } from "../read-files.ts";
import { bridgeChecks } from "./bridge-checks.ts";
import { type Check, checksOf, shellWord } from "./check.ts";
import { checkController } from "./controller-checks.ts";
import { summary, writeChecks } from "./doctor-output.ts";
import type { DatabaseTls, Inspection } from "./inspection.ts";
import { localChecks } from "./local-checks.ts";

interface DoctorFlags extends ClientFlags {
  readonly ovsdb?: readonly string[];
  readonly bridge?: string;
  readonly config?: string;
}

/** Adds `vtap doctor`. */
export function addDoctor(program: Command, dependencies: CliDependencies, finish: Finish): void {
  addClientFlags(
    program
      .command("doctor")
      .description(
        "check this machine, a controller and its switches, or a bridge; say what to do",
      ),
  )
    .option(
      "--ovsdb <TARGET>",
      "check the bridges of a database, without a controller: unix:PATH, tcp:HOST:PORT, ssl:HOST:PORT; repeatable",
      (value: string, before: string[] = []) => [...before, value],
    )
    .option("--bridge <NAME>", "only this bridge of the databases")
    .option("--config <FILE>", "config file of vtap serve (default: env VTAP_CONFIG)")
    .action(async (flags: DoctorFlags) => {
      const settings = await settingsOf(dependencies, flags);
      const expected = flags.server ?? (dependencies.env[SERVER_VARIABLE] || undefined);
      const server = expected ?? serverOf(settings);
      const run = (client: Client) =>
        runDoctor(client, { ...{ flags, settings, isExpected: expected !== undefined } });
      finish(await withClient(dependencies, { ...flags, ...defined({ server }) }, run));
    });
}

interface DoctorInputs {
  readonly flags: DoctorFlags;
  readonly settings: ConfigResult;
  /** Whether the user has named the controller, so that one must be there. */
  readonly isExpected: boolean;
}

/** Where the controller of this machine's settings answers; undefined: at the default address. */
function serverOf(settings: ConfigResult): string | undefined {
  if (!settings.ok) return undefined;
  const { http, httpTlsCert } = settings.config;
  if (http.port === 0) return undefined;
  const host = { "0.0.0.0": "127.0.0.1", "::": "::1" }[http.host] ?? http.host;
  return `${httpTlsCert === undefined ? "http" : "https"}://${formatEndpoint({ ...http, host })}`;
}

/** Runs the checks. Exit code 3: one of them has failed. */
async function runDoctor(client: Client, inputs: DoctorInputs): Promise<number> {
  const { dependencies, json } = client;
  const { flags, settings } = inputs;
  const targets = connectTargets.parse(flags.ovsdb ?? []);
  if (!targets.ok) {
    return reportErrors(dependencies, [`--ovsdb: ${targets.what}, ${targets.remedy}`], EXIT.usage);
  }
  if (flags.bridge !== undefined && targets.value.length === 0) {
    return reportErrors(
      dependencies,
      ["--bridge needs the database, name it with --ovsdb"],
      EXIT.usage,
    );
  }
  const inspection = await dependencies.inspection();
  const checks: Check[] = [];
  if (targets.value.length > 0) {
    const tls = await tlsOf(targets.value, settings);
    if (!tls.ok) return reportErrors(dependencies, tls.errors, EXIT.usage);
    for (const target of targets.value) {
      checks.push(...(await databaseChecks(inspection, target, tls.tls, flags.bridge)));
    }
  }
  if (targets.value.length === 0 || flags.server !== undefined) {
    checks.push(...(await controllerAndMachine(client, inputs, inspection)));
  }
  if (json) writeJson(dependencies.stdout, { checks });
  else {
    writeChecks(dependencies.stdout, checks, dependencies.env);
    dependencies.stdout.write(`${summary(checks)}\n`);
  }
  return checks.some(({ result }) => result === "fail") ? EXIT.notActive : EXIT.ok;
}

/** This machine is checked unless a controller is named, which may be elsewhere. */
async function controllerAndMachine(
  { rest, server, dependencies }: Client,
  { flags, settings, isExpected }: DoctorInputs,
  inspection: Inspection,
): Promise<readonly Check[]> {
  const { env, version } = dependencies;
  const { checks, status } = await checkController(rest, { server, version, isExpected });
  if (isExpected) return checks;
  const config = configPath(configFlag(flags), env);
  const node = process.versions.node;
  return [
    ...(await localChecks({ settings, config, inspection, running: status, node })),
    ...checks,
  ];
}

async function settingsOf(
  { env, parseJson }: CliDependencies,
  flags: DoctorFlags,
): Promise<ConfigResult> {
  const serveFlags = configFlag(flags);
  const readFile = await readAhead(configPath(serveFlags, env));
  return resolveSettings({ flags: serveFlags, env, readFile, parseJson });
}

const configFlag = ({ config }: DoctorFlags) => (config === undefined ? {} : { config });

type ReadTls =
  | { readonly ok: true; readonly tls: DatabaseTls | undefined }
  | { readonly ok: false; readonly errors: readonly string[] };

/** What is presented to databases over TLS: `connectTls` of the config file. */
async function tlsOf(targets: readonly ConnectTarget[], settings: ConfigResult): Promise<ReadTls> {
  if (targets.every(({ transport }) => transport !== "tls")) return { ok: true, tls: undefined };
  if (!settings.ok) return settings;
  const read = await readConnectTls(settings.config);
  if (!read.ok) return read;
  if (read.tls) return { ok: true, tls: read.tls };
  const error = '--ovsdb: ssl: needs a certificate, add "connectTls" to the config file (--config)';
  return { ok: false, errors: [error] };
}

async function databaseChecks(
  inspection: Inspection,
  target: ConnectTarget,
  tls: DatabaseTls | undefined,
  bridge: string | undefined,
): Promise<readonly Check[]> {
  const checks = checksOf(`database ${targetText(target)}`);
  const read = await inspection.readDatabase(target, tls);
  if (!read.ok) {
    const remedy =
      target.transport === "unix"
        ? "run it on the switch, as a user who may use the socket; ovs-ctl start where Open vSwitch does not run"
        : `on the switch: ovs-vsctl set-manager ${listeningText(target)} (replaces all managers: ovs-vsctl get-manager)`;
    return [checks.fail(`cannot be read: ${read.reason}`, remedy)];
  }
  const names = read.bridges.map(({ settings }) => settings.bridge);
  const found = read.bridges.filter(
    ({ settings }) => bridge === undefined || settings.bridge === bridge,
  );
  if (found.length > 0) {
    return [
      checks.ok(`answers, with ${names.length === 1 ? "1 bridge" : `${names.length} bridges`}`),
      ...found.flatMap(bridgeChecks),
    ];
  }
  if (names.length === 0)
    return [checks.fail("it has no bridge", `ovs-vsctl add-br ${shellWord(bridge ?? "br0")}`)];
  return [
    checks.fail(
      `it has no bridge ${bridge}`,
      `--bridge with one of ${names.map(shellWord).join(", ")}`,
    ),
  ];
}

function targetText(target: ConnectTarget): string {
  if (target.transport === "unix") return `unix:${target.path}`;
  return `${target.transport === "tls" ? "ssl" : "tcp"}:${formatEndpoint(target)}`;
}

const listeningText = (target: Exclude<ConnectTarget, { transport: "unix" }>) =>
  `${target.transport === "tls" ? "pssl" : "ptcp"}:${target.port}`;
