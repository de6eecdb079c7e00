import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import { type ControllerPort, createApi } from "./api/index.ts";
import {
  createLogger,
  EXIT,
  formatEndpoint,
  type ReadListener,
  readInputFiles,
  readListeners,
  type ServeConfig,
} from "./cli/index.ts";
import {
  Controller,
  ControllerService,
  type DiscoveryStore,
  type HostStore,
  type LearnedHostStore,
  type Pins,
  type PolicyStore,
  type PortStore,
  type SuspensionStore,
} from "./controller/index.ts";
import { counterStore } from "./counter-store.ts";
import { formatMac, parseMac } from "./openflow/index.ts";
import { type FilePolicy, parsePolicyFiles } from "./policy/index.ts";
import {
  CounterRecords,
  type DiscoveryRecord,
  DiscoveryRecords,
  HostRecords,
  type LearnedHostRecord,
  LearnedHostRecords,
  openLevelStore,
  PolicyRecords,
  type PortRecord,
  PortRecords,
  type Store,
  type StoredDocument,
  StoreError,
  SuspensionRecords,
} from "./store/index.ts";
import {
  type AdmissionSettings,
  type DiscoveryMemory,
  formatFileError,
  formatIpAddress,
  isPortNo,
  type PortTable,
  parseDpid,
  parseIpAddress,
  parseTopologyFiles,
  type TopologyConfig,
} from "./topology/index.ts";

/** Runs the controller until SIGTERM or SIGINT; resolves to the exit code. */
export async function serve(config: ServeConfig, version: string): Promise<number> {
  const logger = createLogger({ level: config.logLevel, pretty: process.stdout.isTTY ?? false });
  logger.info({ version, pid: process.pid, node: process.version }, "vtap starts");
  const input = readInput(config);
  if (!input.ok) return complain(input.errors, EXIT.usage);
  let store: Store;
  try {
    store = await openLevelStore(config.data);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return complain([error.message], EXIT.failed);
  }
  try {
    return await serveWith({ config, input, store, logger, version });
  } catch (error) {
    // Loading reads the disk; a failure of it is the machine's, not ours.
    if (error instanceof StoreError) return complain([error.message], EXIT.failed);
    throw error;
  } finally {
    await store.close();
  }
}

interface Serving {
  readonly config: ServeConfig;
  readonly input: Input;
  readonly store: Store;
  readonly logger: Logger;
  readonly version: string;
}

async function serveWith({ config, input, store, logger, version }: Serving): Promise<number> {
  const controller = new Controller({
    openflow: [...(config.openflow ? [config.openflow] : []), ...input.listeners],
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
    if (input.listeners.some(({ tls }) => tls)) {
      process.on("SIGHUP", () => renewCertificates(config, controller, logger));
    }
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
    await api.close();
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
function pins(listeners: readonly ReadListener[]): Pins {
  return new Map(
    listeners.flatMap(({ tls }) =>
      [...(tls?.pins ?? [])].flatMap(([text, fingerprints]) => {
        const dpid = parseDpid(text);
        return dpid ? [[dpid, fingerprints] as const] : [];
      }),
    ),
  );
}

/** Reads keys and certificates again; when something is wrong with one, all stay as they are. */
function renewCertificates(config: ServeConfig, controller: Controller, logger: Logger): void {
  const read = readListeners(config.openflowListeners ?? []);
  if (!read.ok) {
    logger.error({ errors: read.errors }, "certificates are not renewed");
    return;
  }
  const plain = config.openflow ? [config.openflow] : [];
  controller.renewTls([...plain, ...read.listeners]);
  logger.info("certificates are renewed");
}

interface Input {
  readonly listeners: readonly ReadListener[];
  readonly topology: TopologyConfig;
  readonly policies: readonly FilePolicy[];
}

/** Reads every file of the configuration; all of them, or every error of all of them. */
function readInput(
  config: ServeConfig,
): ({ ok: true } & Input) | { ok: false; errors: readonly string[] } {
  const [topologyFiles, policyFiles] = [config.topology, config.policies].map(readInputFiles);
  const topology = topologyFiles?.ok ? parseTopologyFiles(topologyFiles.files) : undefined;
  const policies = policyFiles?.ok
    ? parsePolicyFiles(policyFiles.files, config.ruleLimit)
    : undefined;
  const listeners = readListeners(config.openflowListeners ?? []);
  if (topology?.ok && policies?.ok && listeners.ok) {
    return {
      ok: true,
      topology: topology.value,
      policies: policies.value,
      listeners: listeners.listeners,
    };
  }
  const unread = [topologyFiles, policyFiles].flatMap((each) =>
    each === undefined || each.ok ? [] : each.errors,
  );
  const wrong = [topology, policies].flatMap((each) =>
    each === undefined || each.ok ? [] : each.errors.map(formatFileError),
  );
  return { ok: false, errors: [...unread, ...wrong, ...(listeners.ok ? [] : listeners.errors)] };
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

function policyStore(records: PolicyRecords): PolicyStore {
  return {
    load: () => records.load(),
    async put(id, document) {
      const outcome = await records.put(id, document as StoredDocument);
      // Without an expectation there is nothing to conflict with.
      if (outcome.type !== "stored") throw new Error(`policy ${id} was not stored`);
      return outcome.record;
    },
    async remove(id) {
      await records.remove(id);
    },
  };
}

function hostStore(records: HostRecords): HostStore {
  return {
    load: async () => (await records.load()).map(({ document }) => document),
    async put(mac, document) {
      await records.put(mac, document as StoredDocument);
    },
    async remove(mac) {
      await records.remove(mac);
    },
  };
}

function portStore(records: PortRecords): PortStore {
  return {
    load: async () => (await records.load()).flatMap(portTable),
    put: (table) => records.put(table),
    async remove(dpid) {
      await records.remove(dpid);
    },
  };
}

/** The key of the record that says that all taps are suspended. */
const ALL_TAPS = "all";
const policyKey = (id: string) => `policy/${id}`;

function suspensionStore(records: SuspensionRecords): SuspensionStore {
  return {
    async load() {
      const { [ALL_TAPS]: all, ...rest } = Object.fromEntries(await records.load());
      const policies = Object.entries(rest).map(([key, { since, reason = "", write = "" }]) => {
        return [key.slice(policyKey("").length), { since, reason, write }] as const;
      });
      return { ...(all ? { all } : {}), policies };
    },
    putAll: (suspension) => records.put(ALL_TAPS, suspension),
    putPolicy: (id, suspension) => records.put(policyKey(id), suspension),
    async removeAll() {
      await records.remove(ALL_TAPS);
    },
    async removePolicy(id) {
      await records.remove(policyKey(id));
    },
  };
}

function learnedHostStore(records: LearnedHostRecords): LearnedHostStore {
  return {
    load: async () => (await records.load()).flatMap(learnedHost),
    write: (put, remove) =>
      records.write(
        put.map(({ mac, ips, ...rest }) => {
          return { mac: formatMac(mac), ips: ips.map(formatIpAddress), ...rest };
        }),
        remove.map(formatMac),
      ),
  };
}

/** A record that cannot be one of ours is left out: it is learned again. */
function learnedHost({ mac: text, dpid: id, port, ips, ...rest }: LearnedHostRecord) {
  const [mac, dpid] = [parseMac(text), parseDpid(id)];
  if (mac === undefined || dpid === undefined || !isPortNo(port)) return [];
  return [{ mac, dpid, port, ips: ips.flatMap((ip) => parseIpAddress(ip) ?? []), ...rest }];
}

function portTable({ dpid: text, ports }: PortRecord): PortTable[] {
  const dpid = parseDpid(text);
  const known = ports.flatMap(({ no, ...rest }) => (isPortNo(no) ? [{ no, ...rest }] : []));
  return dpid === undefined ? [] : [{ dpid, ports: known }];
}

function discoveryStore(records: DiscoveryRecords): DiscoveryStore {
  return {
    load: async () => (await records.load()).flatMap(discoveryMemory),
    put: (memory) => records.put(memory),
    remove: (dpid) => records.remove(dpid),
    async probeKey() {
      return Buffer.from(await records.probeKey(() => randomBytes(32).toString("hex")), "hex");
    },
  };
}

function discoveryMemory({ dpid: text, edges, links }: DiscoveryRecord): DiscoveryMemory[] {
  const dpid = parseDpid(text);
  const known = links.flatMap(({ port, peer, ...doubt }) => {
    const other = parseDpid(peer.dpid);
    if (other === undefined || !isPortNo(port) || !isPortNo(peer.port)) return [];
    return [{ port, peer: { dpid: other, port: peer.port }, ...doubt }];
  });
  return dpid === undefined ? [] : [{ dpid, edges: edges.filter(isPortNo), links: known }];
}
