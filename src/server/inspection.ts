// SPDX-License-Identifier: Apache-2.0
import type { BridgeFacts, DatabaseFacts, Inspection } from "../cli/index.ts";
import { bridgeSettings, rootOf } from "../controller/databases/bridge-settings.ts";
import { readLosses } from "../controller/databases/port-counters.ts";
import { defined } from "../lang/defined.ts";
import { complete } from "../lang/steps.ts";
import { BRIDGE, CONTROLLER_STATUS, SWITCH_DATABASE } from "../ovsdb/index.ts";
import { type OvsdbSession, readDatabase } from "../ovsdb-session/index.ts";
import { parseDpid } from "../topology/index.ts";
import { loadInputs } from "./load-inputs.ts";

/** Time limit of the connection to a database, and of its copy, in milliseconds. */
const TIMEOUT_MS = 10_000;

/** What `vtap doctor` looks at. `firstNode`: the first version of Node.js that is supported. */
export function createInspection(firstNode: string): Inspection {
  return {
    firstNode,
    async inputErrors(config) {
      const loaded = await loadInputs(config);
      return loaded.ok ? [] : loaded.errors;
    },
    async readDatabase(target, tls): Promise<DatabaseFacts> {
      const database = SWITCH_DATABASE;
      const read = await readDatabase({
        ...{ target, tls, database, timeoutMs: TIMEOUT_MS, read: bridgesOf },
      });
      return read.ok ? { ok: true, bridges: read.value } : read;
    },
  };
}

async function bridgesOf(session: OvsdbSession): Promise<BridgeFacts[]> {
  const { replica, root } = session;
  const states = await session.select(CONTROLLER_STATUS);
  const lastErrors = new Map<string, string>();
  for (const { target, status } of states?.values() ?? []) {
    const error = status.get("last_error");
    if (error !== undefined) lastErrors.set(target, error);
  }
  const bridges: BridgeFacts[] = [];
  for (const [, bridge] of replica.rows(BRIDGE)) {
    const dpid = parseDpid(bridge.datapathId ?? "");
    const losses = dpid && (await readLosses(session, dpid));
    const settings = complete(bridgeSettings(replica, rootOf(replica, root), bridge));
    bridges.push({ settings, lastErrors, ...defined({ dpid: bridge.datapathId, losses }) });
  }
  return bridges.sort((a, b) => (a.settings.bridge < b.settings.bridge ? -1 : 1));
}
