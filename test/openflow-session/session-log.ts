// SPDX-License-Identifier: Apache-2.0
import {
  type ListenerOptions,
  OpenFlowListener,
  type Session,
  type SessionEvents,
} from "../../src/openflow-session/index.ts";
import type { Logger } from "../../src/runtime/logger.ts";
import { waitFor } from "../lab/index.ts";

/** Records the events in words, and the sessions that are up. */
export class SessionLog implements SessionEvents {
  readonly lines: string[] = [];
  readonly sessions: Session[] = [];
  /** The `reason` fields of all log lines. */
  readonly reasons: string[] = [];

  readonly logger: Logger = {
    child: () => this.logger,
    debug: (fields) => this.#note(fields),
    info: (fields) => this.#note(fields),
    warn: (fields) => this.#note(fields),
    error: (fields) => this.#note(fields),
  };

  up(session: Session): void {
    this.sessions.push(session);
    this.lines.push(`up ${session.dpid.slice(-2)}`);
  }

  down(session: Session, reason: string): void {
    this.sessions.splice(this.sessions.indexOf(session), 1);
    this.lines.push(`down ${session.dpid.slice(-2)}: ${reason}`);
  }

  portStatus: SessionEvents["portStatus"] = (_, { reason, port }) => {
    this.lines.push(`port ${reason} ${port.name}`);
  };
  packetIn: SessionEvents["packetIn"] = (_, { data }) => {
    this.lines.push(`packet-in ${data.length}`);
  };
  flowRemoved: SessionEvents["flowRemoved"] = () => {
    this.lines.push("flow-removed");
  };
  error: SessionEvents["error"] = (_, { errorType }) => {
    this.lines.push(`error ${errorType}`);
  };

  /** The next session that comes up. */
  session(): Promise<Session> {
    return waitFor(() => this.sessions.at(-1), { what: "a session" });
  }

  #note({ reason }: Record<string, unknown>): void {
    if (typeof reason === "string") this.reasons.push(reason);
  }
}

/** A listener on a free port. */
export async function listen(
  log: SessionLog,
  more: Partial<ListenerOptions> = {},
): Promise<{ listener: OpenFlowListener; port: number }> {
  const listener = new OpenFlowListener({
    addresses: [{ host: "127.0.0.1", port: 0 }],
    logger: log.logger,
    events: log,
    ...more,
  });
  const outcome = await listener.listen();
  if (outcome.type !== "listening") throw new Error(outcome.detail);
  return { listener, port: outcome.addresses[0]?.port ?? 0 };
}
