// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import {
  type ConfigResult,
  type HttpKeyPair,
  readConnectTls,
  readHttpTls,
  readListeners,
  SETTING_ROWS,
  type ServeConfig,
  settingValue,
} from "../cli/index.ts";
import type { Controller } from "../controller/index.ts";
import { defined } from "../lang/defined.ts";
import { QueueClosedError } from "../runtime/index.ts";
import type { FileText, TopologyConfig } from "../topology/index.ts";
import type { AccessReload } from "./access/access-reload.ts";
import { listenAddresses } from "./controller-options-from-config.ts";
import { linesOf, readPorts, readTopologyAgain } from "./load-inputs.ts";
import { TOPOLOGY_LISTS, topologyDifference } from "./topology-difference.ts";

interface ReloadDeps {
  /** The settings of the process, which a reload does not change. */
  readonly config: ServeConfig;
  /** Resolves the settings again: the config file may have changed. */
  readonly resolveAgain: () => Promise<ConfigResult>;
  readonly controller: Pick<Controller, "reloadTls" | "reloadTopology" | "reloadPorts">;
  readonly http: { reloadTls(tls: HttpKeyPair): void };
  readonly access: Pick<AccessReload, "reload">;
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
}

const REMEDY = "correct the file and send SIGHUP again";

/**
 * Reloads the files that a running controller can replace: tokens, certificates, topology files and the ports file. An error in
 * one kind leaves that kind unchanged. Policy files are not reloaded: REST changes policies. Changed
 * settings need a restart; they are named.
 */
export class Reload {
  readonly #deps: ReloadDeps;
  /** The content of the topology files in effect. */
  #topology: TopologyConfig;

  /** `topology` is what the files contained at the start. */
  constructor(deps: ReloadDeps, topology: TopologyConfig) {
    this.#deps = deps;
    this.#topology = topology;
  }

  async run(): Promise<void> {
    this.#deps.logger.info("files are reloaded (SIGHUP)");
    await this.#compareSettings();
    await this.#deps.access.reload();
    await this.#reloadCertificates();
    try {
      await this.#reloadTopology();
      await this.#reloadPorts();
    } catch (error) {
      if (!(error instanceof QueueClosedError)) throw error;
      this.#deps.logger.info("vtap stops: topology files and the ports file are not reloaded");
    }
  }

  async #compareSettings(): Promise<void> {
    const { config, resolveAgain, logger } = this.#deps;
    const present = await resolveAgain();
    if (!present.ok) {
      for (const error of present.errors) {
        logger.error({ error, remedy: REMEDY }, "settings are invalid: they stay as they are");
      }
      return;
    }
    const settings = SETTING_ROWS.map(([key]) => key).filter(
      (key) => !isDeepStrictEqual(settingValue(config, key), settingValue(present.config, key)),
    );
    if (settings.length === 0) return logger.info("settings are unchanged");
    logger.warn({ settings }, "changed settings need a restart: they stay as they are");
  }

  /** Those of switches and that of REST: all, or none if one is not valid. */
  async #reloadCertificates(): Promise<void> {
    const { config, controller, http, logger } = this.#deps;
    const { openflowListeners = [], openflow, ovsdbListeners = [], ovsdb } = config;
    const read = await readListeners("openflowListeners", openflowListeners);
    const readOvsdb = await readListeners("ovsdbListeners", ovsdbListeners);
    const readConnect = await readConnectTls(config);
    const readHttp = await readHttpTls(config);
    if (!read.ok || !readOvsdb.ok || !readConnect.ok || !readHttp.ok) {
      const errors = [read, readOvsdb, readConnect, readHttp].flatMap((each) =>
        each.ok ? [] : each.errors,
      );
      return logger.error({ errors, remedy: REMEDY }, "certificates are not reloaded");
    }
    const listeners = [...read.listeners, ...readOvsdb.listeners];
    if (!listeners.some(({ tls }) => tls) && !readHttp.tls && !readConnect.tls) return;
    controller.reloadTls({
      openflow: listenAddresses(openflow, read.listeners),
      ovsdb: listenAddresses(ovsdb, readOvsdb.listeners),
      ...defined({ connect: readConnect.tls }),
    });
    if (readHttp.tls) http.reloadTls(readHttp.tls);
    logger.info("certificates are reloaded");
  }

  async #reloadTopology(): Promise<void> {
    const { config, controller, logger } = this.#deps;
    if (config.topology.length === 0) return;
    const read = await readTopologyAgain(config);
    const errors = read.ok ? this.#emptied(read.value, read.files) : linesOf(read);
    if (!read.ok || errors.length > 0) {
      for (const error of errors) {
        logger.error({ error, remedy: REMEDY }, "topology files are invalid: nothing is changed");
      }
      return;
    }
    const outcome = await controller.reloadTopology(read.value);
    if (outcome.type === "storeFailed") {
      return logger.error({ error: outcome.detail }, "topology files are not reloaded");
    }
    const before = this.#topology;
    this.#topology = read.value;
    if (outcome.type === "unchanged") return logger.info("topology files are unchanged");
    logger.info(await topologyDifference(before, read.value), "topology files are reloaded");
  }

  async #reloadPorts(): Promise<void> {
    const { config, controller, logger } = this.#deps;
    if (config.portsFile === undefined) return;
    const read = await readPorts(config);
    if (!read.ok) {
      for (const error of linesOf(read)) {
        logger.error({ error, remedy: REMEDY }, "the ports file is invalid: nothing is changed");
      }
      return;
    }
    await controller.reloadPorts(read.value.ports);
    logger.info({ ports: read.value.ports.length }, "the ports file is reloaded");
  }

  /**
   * One error for each list whose entries would all be removed, unless a file writes the empty list: more
   * likely, a file is not there or not complete.
   */
  #emptied(now: TopologyConfig, files: readonly FileText[]): string[] {
    const before = this.#topology;
    const empty = TOPOLOGY_LISTS.filter(
      (list) => before[list].length > 0 && now[list].length === 0,
    );
    if (empty.length === 0) return [];
    const written = new Set(files.flatMap(listsIn));
    const where = this.#deps.config.topology.join(", ");
    return empty
      .filter((list) => !written.has(list))
      .map((list) => {
        const what = `the files contain no ${list}, and had ${before[list].length}`;
        return `${where}: ${what}, write "${list}": [] in one of them to remove them all`;
      });
  }
}

/** The lists that a valid topology file has. */
function listsIn({ text }: FileText): string[] {
  return Object.keys(JSON.parse(text.replace(/^\uFEFF/, "")) as object);
}
