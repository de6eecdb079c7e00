// SPDX-License-Identifier: Apache-2.0
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, resolve } from "node:path";
import type { StatusView } from "../../contract/status.ts";
import type { ConfigResult } from "../config/resolve-config.ts";
import { type ServeConfig, settingValue } from "../config/serve-config.ts";
import { type Endpoint, formatEndpoint } from "../config/values.ts";
import { type Check, type ChecksOf, checksOf, shellWord, splitRemedy } from "./check.ts";
import type { Inspection } from "./inspection.ts";

interface LocalInputs {
  /** The settings with which `vtap serve` would start. */
  readonly settings: ConfigResult;
  /** The config file. */
  readonly config: string | undefined;
  readonly inspection: Inspection;
  /** The controller that runs on this machine, where one does. */
  readonly running: StatusView | undefined;
  /** The version of Node.js. */
  readonly node: string;
}

/** Checks whether `vtap serve` can run on this machine. */
export async function localChecks(inputs: LocalInputs): Promise<readonly Check[]> {
  const { settings, config, inspection, running, node } = inputs;
  const checks = checksOf("this machine");
  const list: Check[] = [nodeCheck(checks, node, inspection.firstNode)];
  if (!settings.ok) {
    return [...list, ...settings.errors.map((error) => checks.fail(...splitRemedy(error, ", ")))];
  }
  const errors = await inspection.inputErrors(settings.config);
  list.push(
    ...(errors.length === 0
      ? [checks.ok(`settings${config === undefined ? "" : ` of ${config}`} are valid`)]
      : errors.map((error) => checks.fail(...splitRemedy(error, ", ")))),
    ...(await Promise.all(
      listenersOf(settings.config).map((each) => portCheck(checks, each, running)),
    )),
    await dataCheck(checks, settingValue(settings.config, "data")),
  );
  return list;
}

function nodeCheck(checks: ChecksOf, node: string, first: string): Check {
  const [major = 0, minor = 0] = node.split(".").map(Number);
  const [firstMajor = 0, firstMinor = 0] = first.split(".").map(Number);
  const isSupported = major > firstMajor || (major === firstMajor && minor >= firstMinor);
  return isSupported
    ? checks.ok(`Node.js ${node}`)
    : checks.fail(
        `Node.js ${node}, ${first} or later is needed`,
        `install Node.js ${firstMajor} or later`,
      );
}

/** An address on which `vtap serve` would listen. */
interface Listener extends Endpoint {
  readonly what: "OpenFlow" | "OVSDB" | "REST";
}

function listenersOf(config: ServeConfig): readonly Listener[] {
  const { openflow, openflowListeners = [], ovsdb, ovsdbListeners = [], http } = config;
  const all: readonly Listener[] = [
    ...(openflow ? [{ what: "OpenFlow" as const, ...openflow }] : []),
    ...openflowListeners.map(({ listen }) => ({ what: "OpenFlow" as const, ...listen })),
    ...(ovsdb ? [{ what: "OVSDB" as const, ...ovsdb }] : []),
    ...ovsdbListeners.map(({ listen }) => ({ what: "OVSDB" as const, ...listen })),
    { what: "REST", ...http },
  ];
  // With port 0 the system chooses a free one.
  return all.filter(({ port }) => port !== 0);
}

async function portCheck(
  checks: ChecksOf,
  listener: Listener,
  running: StatusView | undefined,
): Promise<Check> {
  const { what, port } = listener;
  const place = `${what} address ${formatEndpoint(listener)}`;
  const code = await bindError(listener);
  switch (code) {
    case undefined:
      return checks.ok(`${place} is free`);
    case "EADDRINUSE": {
      // A controller that answers has all its addresses, or it would not have started.
      if (running) return checks.ok(`${place} is in use, and a controller runs here`);
      return checks.fail(`${place} is in use by another program`, `ss -ltnp 'sport = :${port}'`);
    }
    case "EACCES":
      return checks.fail(
        `${place}: this user may not use ports below 1024`,
        "give it another port, or run it with AmbientCapabilities=CAP_NET_BIND_SERVICE",
      );
    case "EADDRNOTAVAIL":
      return checks.fail(`${place}: this machine has no such address`, "ip -brief address");
    default:
      return checks.fail(`${place} cannot be used (${code})`, "give it another address");
  }
}

/** Listens there for a moment; the code of the error. */
function bindError({ host, port }: Endpoint): Promise<string | undefined> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(undefined)));
  });
}

/** Nothing is written: a directory that is not there yet could be made. */
async function dataCheck(checks: ChecksOf, data = ""): Promise<Check> {
  const path = resolve(data);
  const place = `data directory ${path}`;
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && !found.isDirectory()) {
    return checks.fail(`${place} is not a directory`, "name another one with --data");
  }
  const existing = found === undefined ? await existingParent(path) : path;
  const isWritable = await access(existing, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!isWritable) {
    return checks.fail(
      `${place}: this user may not write to ${existing}`,
      `as root: install --directory --owner=${process.getuid?.() ?? "USER"} ${shellWord(path)}`,
    );
  }
  return checks.ok(`${place} ${found === undefined ? "can be made" : "is writable"}`);
}

async function existingParent(path: string): Promise<string> {
  const parent = dirname(path);
  if (parent === path) return path;
  const found = await stat(parent).catch(() => undefined);
  return found === undefined ? existingParent(parent) : parent;
}
