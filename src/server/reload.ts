import type { Logger } from "pino";
import { type ReadListener, readListeners, type ServeConfig } from "../cli/index.ts";
import type { Controller } from "../controller/index.ts";
import { linesOf, readTopology } from "./load-inputs.ts";

/** Whose files are read again. */
export interface Reloading {
  readonly config: ServeConfig;
  readonly controller: Controller;
  readonly logger: Logger;
}

/**
 * Reads again what can be changed in a running controller: certificates and topology files. Each stays
 * as it is when anything is wrong with it. Policies are not read again: REST is the way to change them.
 */
export async function reloadConfiguration(renewing: Reloading): Promise<void> {
  renewCertificates(renewing);
  await renewTopology(renewing);
}

function renewCertificates({ config, controller, logger }: Reloading): void {
  const { openflowListeners = [], openflow } = config;
  if (!openflowListeners.some(({ tls }) => tls)) return;
  const read = readListeners(openflowListeners);
  if (!read.ok) {
    logger.error({ errors: read.errors }, "certificates are not renewed");
    return;
  }
  controller.reloadTls(addressesOf(openflow, read.listeners));
  logger.info("certificates are renewed");
}

async function renewTopology({ config, controller, logger }: Reloading): Promise<void> {
  if (config.topology.length === 0) return;
  const read = readTopology(config);
  if (!read.ok) {
    for (const error of linesOf(read)) {
      logger.error({ error }, "topology files are wrong: nothing is changed");
    }
    return;
  }
  const outcome = await controller.reloadTopology(read.value);
  switch (outcome.type) {
    case "changed":
      logger.info(counts(read.value), "topology files are taken over");
      return;
    case "unchanged":
      logger.info("topology files say what they said");
      return;
    case "storeFailed":
      logger.error({ error: outcome.detail }, "topology files are not taken over");
      return;
    default:
      outcome satisfies never;
  }
}

/** Where switches connect to: the plain address first, where there is one. */
export function addressesOf(openflow: ServeConfig["openflow"], listeners: readonly ReadListener[]) {
  return [...(openflow ? [openflow] : []), ...listeners];
}

function counts({ switches, links, hosts }: Parameters<Controller["reloadTopology"]>[0]) {
  return { switches: switches.length, links: links.length, hosts: hosts.length };
}
