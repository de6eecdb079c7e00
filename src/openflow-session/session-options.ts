/** Times and limits of a session. Times in milliseconds, sizes in bytes. */
export interface SessionOptions {
  /** From the connection to the last answer of the handshake. */
  readonly handshakeTimeoutMs: number;
  /** Silence after which we ask whether the switch is there. */
  readonly echoIntervalMs: number;
  /** How long the answer may take before the session is given up. */
  readonly echoTimeoutMs: number;
  /** Default for requests. */
  readonly requestTimeoutMs: number;
  /** How long a switch may read nothing of what waits for it before the session is given up. */
  readonly writeStallMs: number;
  /** Bytes that wait to be read by the switch from which on bulk senders pause. */
  readonly writeHighWaterBytes: number;
  /** Bytes that wait to be read by the switch from which on the session is given up. */
  readonly writeLimitBytes: number;
  /** Longest message accepted. */
  readonly maxMessageBytes: number;
  /** Largest multipart reply accepted, all parts together. */
  readonly maxReplyBytes: number;
  /** How much of a packet a switch sends in a packet-in; 0xffff: all of it, unbuffered. */
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
