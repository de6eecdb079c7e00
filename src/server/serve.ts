// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "pino";
import { type ControllerPort, createApi } from "../api/index.ts";
import { createLogger, EXIT, formatEndpoint, type ServeConfig } from "../cli/index.ts";
import { type CreatedController, createController } from "../controller/index.ts";
import { openLevelStore, type Store, StoreError } from "../store/index.ts";
import {
  certificatePins,
  controllerOptionsFromConfig,
  listenAddresses,
} from "./controller-options-from-config.ts";
import { type Inputs, loadInputs } from "./load-inputs.ts";
import { reloadConfiguration } from "./reload.ts";
import { SighupHandler } from "./sighup.ts";
import { stopSignal } from "./stop-signals.ts";
import { controllerStores } from "./stores/index.ts";

/** Runs the controller until SIGTERM or SIGINT; resolves to the exit code. */
export async function serve(config: ServeConfig, version: string): Promise<number> {
  const logger = createLogger({ level: config.logLevel, pretty: process.stdout.isTTY ?? false });
  logger.info({ version, pid: process.pid, node: process.version }, "vtap starts");
  const sighup = new SighupHandler(logger);
  const inputs = loadInputs(config);
  if (!inputs.ok) return reportErrors(inputs.errors, EXIT.usage);
  let store: Store | undefined;
  try {
    store = await openLevelStore(config.data);
    return await serveWith({ config, inputs, store, logger, version, sighup });
  } catch (error) {
    // The disk failed, at the opening or while stored state was loaded: no defect of OpenVTAP.
    if (error instanceof StoreError) return reportErrors([error.message], EXIT.failed);
    throw error;
  } finally {
    await store?.close();
  }
}

interface ServeDeps {
  readonly config: ServeConfig;
  readonly inputs: Inputs;
  readonly store: Store;
  readonly logger: Logger;
  readonly version: string;
  readonly sighup: SighupHandler;
}

async function serveWith(deps: ServeDeps): Promise<number> {
  const { config, logger, version, sighup } = deps;
  const { controller, service } = controllerOf(deps);
  const port: ControllerPort = service;
  const api = await createApi({
    ...{ port, logger, version },
    hosts: [config.http.host, ...config.httpHosts],
  });
  const stopped = stopSignal();
  try {
    const openflow = await controller.start();
    if (openflow.type === "failed") return reportErrors([openflow.detail], EXIT.failed);
    for (const { host, port } of openflow.addresses) {
      logger.info({ host, port }, "OpenFlow listening");
    }
    sighup.serve(() => reloadConfiguration({ config, controller, logger }));
    try {
      const url = await api.listen(config.http);
      logger.info({ url }, "HTTP listening");
    } catch (error) {
      return reportErrors([httpFailure(config, error)], EXIT.failed);
    }
    const signal = await stopped;
    logger.info({ signal }, "vtap stops: rules stay on the switches");
    return EXIT.ok;
  } finally {
    // Requests in progress finish first, while the controller can still write to the store.
    await Promise.all([api.close(), sighup.close()]);
    await controller.close();
  }
}

function controllerOf(deps: ServeDeps): CreatedController {
  const { config, inputs, store, logger, version } = deps;
  return createController({
    version,
    ...controllerOptionsFromConfig(config),
    ...controllerStores(store),
    openflow: listenAddresses(config.openflow, inputs.listeners),
    pins: certificatePins(inputs.listeners),
    topology: inputs.topology,
    filePolicies: inputs.policies,
    logger,
    now: () => new Date().toISOString(),
  });
}

/** Writes one line per error to standard error, for editors and scripts; returns the exit code. */
function reportErrors(errors: readonly string[], code: number): number {
  for (const error of errors) process.stderr.write(`${error}\n`);
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
