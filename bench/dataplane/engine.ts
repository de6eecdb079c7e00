// SPDX-License-Identifier: Apache-2.0
import type { OvsDaemons } from "../../test/lab/daemons.ts";
import type { UnixControl } from "../../test/lab/unixctl.ts";

/** The suffix of a wire's second port, where it has one. */
export const SECOND_END = "b";

/** Open vSwitch with a datapath that can be loaded: its kinds of ports, and what is to be measured. */
export interface Engine {
  /** Which datapath it is, for the report. */
  readonly name: string;
  readonly daemons: OvsDaemons;
  readonly control: UnixControl;
  /** Settings of a port that discards what it sends. */
  sink(name: string): string[];
  /** Settings of a port at which frames enter. */
  source(name: string, frames: readonly Uint8Array[]): Promise<string[]>;
  /** Settings of a port that receives what it sends, or of two: what the first sends the second receives. */
  wire(name: string): [out: string[], back?: string[]];
  /** Makes frames enter at the source for some milliseconds. */
  load(milliseconds: number): Promise<void>;
  /** The thread that handles frames: a folder of /proc. */
  thread(): Promise<string>;
  stop(): Promise<void>;
}
