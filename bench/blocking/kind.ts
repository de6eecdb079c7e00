// SPDX-License-Identifier: Apache-2.0
/** What a kind starts `vtap serve` with. Everything is optional. */
export interface BlockingSetup {
  /** Content of the topology file. */
  readonly topology?: unknown;
  /** Entries of the policy file. */
  readonly policies?: readonly unknown[];
  /** Further flags of `vtap serve`. */
  readonly flags?: readonly string[];
}

/** The running server that a kind sends its input to. */
export interface BlockingServer {
  /** Of HTTP, without a trailing slash. */
  readonly url: string;
  /** On 127.0.0.1. */
  readonly openflowPort: number;
  readonly pid: number;
  /** Holds `topology.json`, `policies.json` and the data directory. */
  readonly directory: string;
  /** Resolves when the server logs this message next. */
  logged(message: string): Promise<unknown>;
}

/** A kind of heavy or hostile input. */
export interface BlockingKind {
  /** Lower-case words with hyphens: the argument that selects the kind. */
  readonly name: string;
  /** The input, in one line. */
  readonly describe: string;
  /** The poll begins as soon as HTTP listens, and what it finds before `run` counts, too. */
  readonly measuresStart?: boolean;
  /** Fills the data directory before the server starts. */
  fill?(data: string): Promise<void>;
  readonly setup?: () => BlockingSetup;
  /** Work that is not measured: what must be there before the input. */
  prepare?(server: BlockingServer): Promise<void>;
  /** Sends the input and resolves when it is dealt with, to the outcome in a few words. */
  run(server: BlockingServer): Promise<string>;
}
