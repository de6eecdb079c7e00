// SPDX-License-Identifier: Apache-2.0
import type { Database } from "../ovsdb/index.ts";
import { systemClock } from "../runtime/clock.ts";
import { Connector, type ConnectTarget, type ConnectTls } from "../transport/connector.ts";
import { OvsdbSession } from "./ovsdb-session.ts";
import { DEFAULT_OVSDB_OPTIONS } from "./session-options.ts";

/** Inputs of `readDatabase`. */
export interface ReadDatabase<T> {
  readonly target: ConnectTarget;
  /** For a target over TLS. */
  readonly tls: ConnectTls | undefined;
  readonly database: Database;
  /** Time limit of the connection and of the copy, each, in milliseconds. */
  readonly timeoutMs: number;
  /** Reads what is needed of the complete copy. */
  readonly read: (session: OvsdbSession) => Promise<T>;
}

/** What was read, or why nothing could be. */
export type ReadDatabaseOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

/** Connects to a database once, reads of it, and ends the session. Nothing is tried again. */
export function readDatabase<T>(inputs: ReadDatabase<T>): Promise<ReadDatabaseOutcome<T>> {
  const { target, tls, database, timeoutMs, read } = inputs;
  return new Promise((resolve, reject) => {
    const failed = (reason: string) => {
      connector.close();
      resolve({ ok: false, reason });
    };
    const up = (session: OvsdbSession) =>
      read(session).then((value) => {
        resolve({ ok: true, value });
        connector.close();
        session.close("read");
      }, reject);
    const connector = new Connector(target, {
      ...{ tls: () => tls, clock: systemClock, random: Math.random, timeoutMs, failed },
      connected: (connection) => {
        new OvsdbSession(connection, {
          ...{ database, clock: systemClock, retained: () => undefined },
          options: { ...DEFAULT_OVSDB_OPTIONS, handshakeTimeoutMs: timeoutMs },
          up: (session) => void up(session),
          changed: () => undefined,
          closed: (_, reason) => failed(reason),
        });
      },
    });
    connector.start();
  });
}
