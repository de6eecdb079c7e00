// SPDX-License-Identifier: Apache-2.0
import type { JsonLimits, ReplicaLimits } from "../ovsdb/index.ts";
import type { KeepaliveTimes } from "../transport/keepalive.ts";

/** Times and limits of a session. Times in milliseconds, sizes in bytes. */
export interface OvsdbSessionOptions extends KeepaliveTimes {
  /** From the connection to the complete copy of the database. */
  readonly handshakeTimeoutMs: number;
  /** Limits of messages before the peer has shown its schema. */
  readonly firstMessages: JsonLimits;
  /** Limits of messages after that. */
  readonly messages: JsonLimits;
  readonly replica: ReplicaLimits;
  /** Bytes that wait for a peer to read them, above which the session is closed. */
  readonly writeLimitBytes: number;
  /** How long the reply to a transaction may take. */
  readonly transactionTimeoutMs: number;
  /** Transactions of a session whose replies have not come. */
  readonly maxTransactions: number;
}

export const DEFAULT_OVSDB_OPTIONS: OvsdbSessionOptions = {
  handshakeTimeoutMs: 30_000,
  echoIntervalMs: 5_000,
  echoTimeoutMs: 10_000,
  firstMessages: { maxBytes: 512 * 1024, maxDepth: 16, maxValues: 50_000, maxMembers: 10_000 },
  // Thirty thousand ports.
  messages: {
    maxBytes: 32 * 1024 * 1024,
    maxDepth: 16,
    maxValues: 1_000_000,
    maxMembers: 65_536,
  },
  replica: { maxRows: 100_000, maxAtoms: 2_000_000 },
  writeLimitBytes: 1024 * 1024,
  transactionTimeoutMs: 10_000,
  maxTransactions: 32,
};
