import type { Logger } from "pino";
import { type ControllerPort, createApi } from "../api/index.ts";
import {
  createLogger,
  EXIT,
  formatEndpoint,
  type ReadListener,
  type ServeConfig,
} from "../cli/index.ts";
import { type CertificatePins, Controller, ControllerService } from "../controller/index.ts";
import {
  CounterRecords,
  DiscoveryRecords,
  HostRecords,
  LearnedHostRecords,
  openLevelStore,
  PolicyRecords,
  PortRecords,
  type Store,
  StoreError,
  SuspensionRecords,
} from "../store/index.ts";
import { type AdmissionSettings, parseDpid } from "../topology/index.ts";
import { type Inputs, loadInputs } from "./load-inputs.ts";
import { addressesOf, reloadConfiguration } from "./reload.ts";
import { SighupHandler } from "./sighup.ts";
import { counterStore } from "./stores/counters.ts";
import {
  discoveryStore,
  hostStore,
  learnedHostStore,
  policyStore,
  portStore,
  suspensionStore,
} from "./stores/records.ts";

/** Runs the controller until SIGTERM or SIGINT; resolves to the exit code. */
export async function serve(config: ServeConfig, version: string): Promise<number> {
  const logger = createLogger({ level: config.logLevel, pretty: process.stdout.isTTY ?? false });
  logger.info({ version, pid: process.pid, node: process.version }, "vtap starts");
  const hangUps = new SighupHandler(logger);
  const input = loadInputs(config);
  if (!input.ok) return complain(input.errors, EXIT.usage);
  let store: Store;
  try {
    store = await openLevelStore(config.data);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return complain([error.message], EXIT.failed);
  }
  try {
    return await serveWith({ config, input, store, logger, version, hangUps });
  } catch (error) {
    // Loading reads the disk; a failure of it is the machine's, not ours.
    if (error instanceof StoreError) return complain([error.message], EXIT.failed);
    throw error;
  } finally {
    await store.close();
  }
}

interface ServeDeps {
  readonly config: ServeConfig;
  readonly input: Inputs;
  readonly store: Store;
  readonly logger: Logger;
  readonly version: string;
  readonly hangUps: SighupHandler;
}

async function serveWith(serving: ServeDeps): Promise<number> {
  const { config, input, store, logger, version, hangUps } = serving;
  const controller = new Controller({
    openflow: addressesOf(config.openflow, input.listeners),
    pins: pins(input.listeners),
    topology: input.topology,
    admission: admission(config),
    filePolicies: input.policies,
    policyStore: policyStore(new PolicyRecords(store, () => new Date())),
    hostStore: hostStore(new HostRecords(store)),
    portStore: portStore(new PortRecords(store)),
    learnedHostStore: learnedHostStore(new LearnedHostRecords(store)),
    suspensionStore: suspensionStore(new SuspensionRecords(store)),
    discoveryStore: discoveryStore(new DiscoveryRecords(store)),
    counterStore: counterStore(new CounterRecords(store)),
    logger,
    now: () => new Date().toISOString(),
    ...settings(config),
  });
  const port: ControllerPort = new ControllerService(controller, version);
  const api = await createApi({ port, logger, version });
  const stopped = stopRequest();
  try {
    const openflow = await controller.start();
    if (openflow.type === "failed") return complain([openflow.detail], EXIT.failed);
    for (const { host, port } of openflow.addresses) {
      logger.info({ host, port }, "OpenFlow listening");
    }
    hangUps.serve(() => reloadConfiguration({ config, controller, logger }));
    try {
      const url = await api.listen(config.http);
      logger.info({ url }, "HTTP listening");
    } catch (error) {
      return complain([httpFailure(config, error)], EXIT.failed);
    }
    const signal = await stopped;
    logger.info({ signal }, "vtap stops: rules stay on the switches");
    return EXIT.ok;
  } finally {
    // Requests first: what they have begun is finished while there is still a store to write to.
    await Promise.all([api.close(), hangUps.close()]);
    await controller.close();
  }
}

/** What the configuration says of the controller; what it leaves out has its default there. */
function settings(config: ServeConfig) {
  const { dropGuard } = config;
  const { ruleLimit, overlapLimit, groupIdRange, meterIdRange, tapVlanRange } = config;
  const { discovery, echoIntervalSeconds, echoTimeoutSeconds } = config;
  const { hostExpirySeconds, hostProbes, hostsPerPort } = config;
  const milliseconds = <K extends string>(key: K, seconds: number | undefined) =>
    seconds === undefined ? {} : ({ [key]: seconds * 1000 } as Record<K, number>);
  return {
    limits: {
      ...(ruleLimit === undefined ? {} : { regionsPerPolicy: ruleLimit }),
      ...(overlapLimit === undefined ? {} : { intersectionsPerSwitch: overlapLimit }),
    },
    ...(groupIdRange === undefined ? {} : { groupIds: groupIdRange }),
    ...(meterIdRange === undefined ? {} : { meterIds: meterIdRange }),
    ...(tapVlanRange === undefined ? {} : { tapVlans: tapVlanRange }),
    ...(discovery === undefined ? {} : { discovery }),
    ...(dropGuard
      ? { dropGuard: { drops: dropGuard.drops, windowMs: dropGuard.windowSeconds * 1000 } }
      : {}),
    hostLimits: {
      ...milliseconds("expiryMs", hostExpirySeconds),
      ...(hostProbes === undefined ? {} : { probes: hostProbes }),
      ...(hostsPerPort === undefined ? {} : { hostsPerPort }),
    },
    ...milliseconds("probeIntervalMs", config.probeIntervalSeconds),
    ...milliseconds("auditIntervalMs", config.auditIntervalSeconds),
    ...milliseconds("countersIntervalMs", config.countersIntervalSeconds),
    session: {
      ...milliseconds("echoIntervalMs", echoIntervalSeconds),
      ...milliseconds("echoTimeoutMs", echoTimeoutSeconds),
    },
  };
}

/** Who may be a switch besides those of files. */
function admission(config: ServeConfig): AdmissionSettings {
  const { unknownSwitches, allowedSwitches, defaultForwarding } = config;
  const allowed = allowedSwitches?.flatMap((text) => parseDpid(text) ?? []);
  return {
    ...(unknownSwitches === undefined ? {} : { unknownSwitches }),
    ...(allowed === undefined ? {} : { allowedSwitches: new Set(allowed) }),
    ...(defaultForwarding === undefined ? {} : { defaultForwarding }),
  };
}

/** A pin holds wherever the switch connects. */
function pins(listeners: readonly ReadListener[]): CertificatePins {
  return new Map(
    listeners.flatMap(({ tls }) =>
      [...(tls?.pins ?? [])].flatMap(([text, fingerprints]) => {
        const dpid = parseDpid(text);
        return dpid ? [[dpid, fingerprints] as const] : [];
      }),
    ),
  );
}

/** One line per error, as editors and scripts read them. */
function complain(errors: readonly string[], code: number): number {
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

/** Resolves at the first signal to stop; a second one ends the process at once. */
function stopRequest(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, resolve);
  });
}
