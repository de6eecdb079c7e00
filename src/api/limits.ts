// SPDX-License-Identifier: Apache-2.0
/** What one client, or all together, may ask of the API. Each is a setting of the same name. */
export interface ApiLimits {
  /** Length of a body. */
  readonly bodyLimitBytes: number;
  /** Entries of all objects and lists of a body together. */
  readonly bodyMemberLimit: number;
  /** How deep objects and lists of a body may nest. */
  readonly bodyDepthLimit: number;
  /** Event streams open at a time. */
  readonly eventStreamLimit: number;
  /** Requests that wait for switches (`?wait=`) at a time. */
  readonly waitingRequestLimit: number;
  /** HTTP connections open at a time. */
  readonly httpConnectionLimit: number;
}

/** Time limits of HTTP, in milliseconds. Node closes what exceeds them. */
export interface HttpTimes {
  /** From the first byte of a request to the end of its headers. */
  readonly headersTimeout: number;
  /** From the first byte of a request to the end of its body. */
  readonly requestTimeout: number;
  /** How often the two above are checked. */
  readonly connectionsCheckingInterval: number;
  /** Silence of a connection between two requests. */
  readonly keepAliveTimeout: number;
  /** Silence of a connection in the middle of a request: a client that does not read its answer. */
  readonly connectionTimeout: number;
}

export const HTTP_TIMES: HttpTimes = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
  // Longer than that of usual proxies (60 s).
  keepAliveTimeout: 72_000,
  // Longer than a write may wait for switches (60 s) and than the pause between heartbeats of a stream.
  connectionTimeout: 120_000,
};
