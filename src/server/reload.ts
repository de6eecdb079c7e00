// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "pino";
import { readListeners, type ServeConfig } from "../cli/index.ts";
import type { Controller } from "../controller/index.ts";
import { listenAddresses } from "./controller-options-from-config.ts";
import { linesOf, readTopology } from "./load-inputs.ts";

interface ReloadDeps {
  readonly config: ServeConfig;
  readonly controller: Controller;
  readonly logger: Logger;
}

/**
 * Reloads the files that a running controller can replace: certificates and topology files. An error in
 * one kind leaves that kind unchanged. Policy files are not reloaded: REST changes policies.
 */
export async function reloadConfiguration(deps: ReloadDeps): Promise<void> {
  reloadCertificates(deps);
  await reloadTopology(deps);
}

function reloadCertificates({ config, controller, logger }: ReloadDeps): void {
  const { openflowListeners = [], openflow } = config;
  if (!openflowListeners.some(({ tls }) => tls)) return;
  const read = readListeners(openflowListeners);
  if (!read.ok) {
    logger.error({ errors: read.errors }, "certificates are not reloaded");
    return;
  }
  controller.reloadTls(listenAddresses(openflow, read.listeners));
  logger.info("certificates are reloaded");
}

async function reloadTopology({ config, controller, logger }: ReloadDeps): Promise<void> {
  if (config.topology.length === 0) return;
  const read = readTopology(config);
  if (!read.ok) {
    for (const error of linesOf(read)) {
      logger.error({ error }, "topology files are invalid: nothing is changed");
    }
    return;
  }
  const outcome = await controller.reloadTopology(read.value);
  switch (outcome.type) {
    case "changed":
      logger.info(counts(read.value), "topology files are reloaded");
      return;
    case "unchanged":
      logger.info("topology files are unchanged");
      return;
    case "storeFailed":
      logger.error({ error: outcome.detail }, "topology files are not reloaded");
      return;
    default:
      outcome satisfies never;
  }
}

function counts({ switches, links, hosts }: Parameters<Controller["reloadTopology"]>[0]) {
  return { switches: switches.length, links: links.length, hosts: hosts.length };
}
