// SPDX-License-Identifier: Apache-2.0
import type { ConnectTarget } from "../config/connect-values.ts";
import type { ServeConfig } from "../config/serve-config.ts";
import type { BridgeFacts } from "./bridge-checks.ts";

/** The parts outside this layer by which `vtap doctor` looks at a machine. */
export interface Inspection {
  /** The versions of Node.js that OpenVTAP supports, from this one on: `20.19`. */
  readonly firstNode: string;
  /** Reads every file of a configuration, as `vtap serve` does; one line for each error. */
  inputErrors(config: ServeConfig): Promise<readonly string[]>;
  /** Reads a database once. */
  readDatabase(target: ConnectTarget, tls: DatabaseTls | undefined): Promise<DatabaseFacts>;
}

/** What is presented to a database over TLS, and its authority, in PEM. */
export interface DatabaseTls {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

/** The bridges of a database, or why it cannot be read. */
export type DatabaseFacts =
  | { readonly ok: true; readonly bridges: readonly BridgeFacts[] }
  | { readonly ok: false; readonly reason: string };
