// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { Authenticator } from "../access/authenticator.ts";
import { type ControllerPort, createApi, type OpenApiDocument, reloadTls } from "../api/index.ts";
import {
  type ConfigResult,
  createLogger,
  EXIT,
  formatEndpoint,
  type HttpKeyPair,
  type ServeConfig,
  settingValue,
  settingViews,
  UNITS_MS,
  writeLines,
} from "../cli/index.ts";
import { type CreatedController, createController } from "../controller/index.ts";
import { defined } from "../lang/defined.ts";
import { openLevelStore, type Store, StoreError } from "../store/index.ts";
import { AccessReload } from "./access/access-reload.ts";
import { ClosingSteps } from "./closing-steps.ts";
import {
  certificatePins,
  controllerOptionsFromConfig,
  listenAddresses,
} from "./controller-options-from-config.ts";
import { sourceFactories } from "./identity/index.ts";
import { type Inputs, loadInputs } from "./load-inputs.ts";
import { Reload } from "./reload.ts";
import type { Signals } from "./signals.ts";
import { openAudit } from "./stores/audit.ts";
import { controllerStores } from "./stores/index.ts";

/** What `vtap serve` runs with. */
export interface ServeOptions extends Signals {
  readonly config: ServeConfig;
  /** Resolves the settings again, for a reload. */
  readonly resolveAgain: () => Promise<ConfigResult>;
  readonly version: string;
}

/** How the controller ended. */
export interface Served {
  readonly code: number;
  /** Whether an access to the disk does not end. */
  readonly isStuck: boolean;
}

/**
 * When each step of closing ends at the latest, in milliseconds from its beginning: all of it takes less than
 * two seconds. Nothing that was acknowledged depends on it: that is on disk before.
 */
const CLOSED_BY_MS = { requests: 700, reload: 750, controller: 1100, store: 1400 };

/** Runs the controller until SIGTERM or SIGINT, which also end a start that is under way. */
export async function serve(options: ServeOptions): Promise<Served> {
  const { config, version, stop } = options;
  const logger = createLogger({ level: config.logLevel, pretty: process.stdout.isTTY ?? false });
  logger.info({ version, pid: process.pid, node: process.version }, "vtap starts");
  const closing = new ClosingSteps(logger);
  const started = start({ ...options, logger, closing });
  const failed = async () => (await started) ?? stop.received;
  const ended = await Promise.race([stop.received, failed()]);
  if (typeof ended === "string") {
    logger.info({ signal: ended }, "vtap stops: rules stay on the switches");
  }
  const late = await closing.run();
  const isStuck = late.some(({ isDisk }) => isDisk);
  return { code: typeof ended === "string" ? EXIT.ok : ended, isStuck };
}

interface StartDeps extends ServeOptions {
  readonly logger: Logger;
  readonly closing: ClosingSteps;
}

/** Starts everything; resolves to the exit code when that is not possible. */
async function start(deps: StartDeps): Promise<number | undefined> {
  const { config, closing } = deps;
  try {
    const inputs = await loadInputs(config);
    if (!inputs.ok) return reportErrors(inputs.errors, EXIT.usage);
    if (closing.hasBegun) return undefined;
    const store = await openLevelStore(config.data);
    const close = () => store.close();
    closing.add({ what: "store", isDisk: true, endsByMs: CLOSED_BY_MS.store, close });
    return await startWith(deps, inputs, store);
  } catch (error) {
    // Closing does not wait for a start, so a start may meet a closed store.
    if (closing.hasBegun) return undefined;
    // The disk failed, at the opening or while stored state was loaded: no defect of OpenVTAP.
    if (error instanceof StoreError) return reportErrors([error.message], EXIT.failed);
    throw error;
  }
}

async function startWith(
  deps: StartDeps,
  inputs: Inputs,
  store: Store,
): Promise<number | undefined> {
  const { config, resolveAgain, logger, version, sighup, closing } = deps;
  const { controller, service } = await controllerOf(deps, inputs, store);
  const port: ControllerPort = service;
  const { accepted, state } = inputs.access;
  const factories = sourceFactories(logger);
  const sessionLimits = {
    idleMs: config.sessionIdleMinutes * UNITS_MS.minutes,
    maxMs: config.sessionHours * UNITS_MS.hours,
  };
  const authenticator = accepted && new Authenticator(accepted, { factories, sessionLimits });
  const api = await createApi({
    ...{ port, logger, version },
    hosts: [config.http.host, ...config.httpHosts],
    authenticator,
    tls: inputs.httpTls,
    isBehindTls: config.httpInsecureBehindProxy,
    quotas: settingValue(config, "projectQuotas") ?? {},
    limits: config,
    settings: settingViews(config),
    page: config.page ? builtPage(logger) : undefined,
    document: await builtApiDocument(),
    disclose: config.disclose,
  });
  const openflow = await controller.start();
  // A controller that has not started is not closed: it would store what it has not loaded yet.
  closing.add({
    what: "controller",
    endsByMs: CLOSED_BY_MS.controller,
    close: () => controller.close(),
  });
  if (openflow.type === "failed") return reportErrors([openflow.detail], EXIT.failed);
  if (closing.hasBegun) return undefined;
  for (const { host, port } of openflow.addresses) {
    logger.info({ host, port }, "OpenFlow listening");
  }
  const access = new AccessReload({ config, authenticator, logger }, state);
  const parts = {
    controller,
    access,
    http: { reloadTls: (tls: HttpKeyPair) => reloadTls(api, tls) },
  };
  const reload = new Reload({ config, resolveAgain, ...parts, logger }, inputs.topology);
  sighup.serve(() => reload.run());
  const closeReload = () => Promise.all([sighup.close(), access.close()]);
  closing.add({ what: "reload", isDisk: true, endsByMs: CLOSED_BY_MS.reload, close: closeReload });
  // Requests in progress are finished or answered first, while the controller can still write to the store.
  closing.add({ what: "requests", endsByMs: CLOSED_BY_MS.requests, close: () => api.close() });
  try {
    // A copy: fastify writes into the options.
    const listening = await api.listen({ ...config.http });
    const url = inputs.httpTls ? listening.replace(/^http:/, "https:") : listening;
    logger.info({ url }, "HTTP listening");
    return undefined;
  } catch (error) {
    return reportErrors([httpFailure(config, error)], EXIT.failed);
  }
}

/** The directory of the built web page; undefined where it is not built. */
function builtPage(logger: Logger): string | undefined {
  const directory = fileURLToPath(new URL("../../dist/page", import.meta.url));
  if (existsSync(join(directory, "index.html"))) return directory;
  logger.warn({ directory }, "the web page is not built, and not served: npm run build");
  return undefined;
}

/** What the build describes the API by; undefined where it is not built. */
async function builtApiDocument(): Promise<OpenApiDocument | undefined> {
  try {
    return JSON.parse(await readFile(new URL("../../dist/openapi.json", import.meta.url), "utf8"));
  } catch {
    return undefined;
  }
}

async function controllerOf(
  { config, logger, version }: StartDeps,
  inputs: Inputs,
  store: Store,
): Promise<CreatedController> {
  const stores = controllerStores(store, await openAudit(store));
  return createController({
    version,
    ...controllerOptionsFromConfig(config),
    ...stores,
    // One secret: what it signs and what it hashes have different forms.
    markKey: await stores.discoveryStore.probeKey(),
    heldVlans: await stores.tapVlanStore.load(),
    openflow: listenAddresses(config.openflow, inputs.listeners),
    ovsdb: {
      addresses: listenAddresses(config.ovsdb, inputs.ovsdbListeners),
      targets: config.ovsdbConnect,
    },
    ovnSouthbound: config.ovnSouthbound,
    ...defined({ connectTls: inputs.connectTls }),
    pins: certificatePins([...inputs.listeners, ...inputs.ovsdbListeners]),
    topology: inputs.topology,
    ports: inputs.ports,
    policyFiles: inputs.policies,
    logger,
    now: () => new Date().toISOString(),
  });
}

/** Writes one line per error to standard error, for editors and scripts; returns the exit code. */
function reportErrors(errors: readonly string[], code: number): number {
  writeLines(process.stderr, errors);
  return code;
}

function httpFailure({ http }: ServeConfig, error: unknown): string {
  const where = `HTTP cannot listen on ${formatEndpoint(http)}`;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") {
    return `${where}: the port is taken, stop what uses it or choose another with --http`;
  }
  if (code === "EACCES") return `${where}: not permitted, choose a port above 1023 with --http`;
  return `${where}: ${error instanceof Error ? error.message : String(error)}`;
}
