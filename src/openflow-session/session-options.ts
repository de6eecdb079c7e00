// SPDX-License-Identifier: Apache-2.0
import type { KeepaliveTimes } from "../transport/keepalive.ts";

/** Times and limits of a session. Times in milliseconds, sizes in bytes. */
export interface SessionOptions extends KeepaliveTimes {
  /** From the connection to the last reply of the handshake. */
  readonly handshakeTimeoutMs: number;
  /** Default timeout of requests. */
  readonly requestTimeoutMs: number;
  /** Time a switch may read nothing of its waiting bytes before the session is closed. */
  readonly writeStallMs: number;
  /** Waiting bytes above which bulk senders pause. */
  readonly writeHighWaterBytes: number;
  /** Waiting bytes above which the session is closed. */
  readonly writeLimitBytes: number;
  /** Longest accepted message. */
  readonly maxMessageBytes: number;
  /** Largest accepted multipart reply, all parts together. */
  readonly maxReplyBytes: number;
  /** Bytes of a packet that a switch sends in a packet-in; 0xffff: all, unbuffered. */
  readonly missSendLen: number;
}

export const DEFAULT_SESSION_OPTIONS: SessionOptions = {
  handshakeTimeoutMs: 5_000,
  echoIntervalMs: 5_000,
  echoTimeoutMs: 10_000,
  requestTimeoutMs: 10_000,
  writeStallMs: 10_000,
  writeHighWaterBytes: 256 * 1024,
  writeLimitBytes: 8 * 1024 * 1024,
  maxMessageBytes: 65_535,
  maxReplyBytes: 64 * 1024 * 1024,
  missSendLen: 0xffff,
};
