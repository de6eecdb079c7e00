// SPDX-License-Identifier: Apache-2.0
import { SWITCH_DATABASE } from "../../src/ovsdb/index.ts";
import {
  OvsdbPeers,
  type OvsdbPeersOptions,
  type OvsdbSession,
} from "../../src/ovsdb-session/index.ts";
import { silentLogger } from "../../src/runtime/logger.ts";

/** What happened to sessions, in order: `up`, `changed` or `down`, with the reason. */
export class OvsdbLog {
  readonly lines: string[] = [];
  /** Why connections ended, as logged. */
  readonly reasons: string[] = [];
  readonly up: OvsdbSession[] = [];

  get logger() {
    const log = (fields: Record<string, unknown>) => {
      if (fields.reason !== undefined) this.reasons.push(String(fields.reason));
    };
    return { ...silentLogger, warn: log, debug: log, info: log };
  }

  get events() {
    return {
      up: (session: OvsdbSession) => {
        this.up.push(session);
        this.lines.push("up");
      },
      changed: () => void this.lines.push("changed"),
      down: (_: OvsdbSession, reason: string) => void this.lines.push(`down: ${reason}`),
    };
  }
}

/** Peers that listen on a free port of loopback, and connect to the given targets. */
export async function startPeers(log: OvsdbLog, more: Partial<OvsdbPeersOptions> = {}) {
  const peers = new OvsdbPeers({
    addresses: [{ host: "127.0.0.1", port: 0 }],
    targets: [],
    database: SWITCH_DATABASE,
    logger: log.logger,
    events: log.events,
    random: () => 0,
    ...more,
  });
  const outcome = await peers.start();
  if (outcome.type === "failed") throw new Error(outcome.detail);
  return { peers, port: outcome.addresses[0]?.port ?? 0 };
}
