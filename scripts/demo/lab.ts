// SPDX-License-Identifier: Apache-2.0
import type { Frames } from "./referee.ts";

/** A command for the user to try, with what it shows. */
export interface Suggestion {
  readonly about: string;
  readonly command: string;
}

/** A running network of Open vSwitch switches with hosts that send real frames. */
export interface DemoLab {
  /** The directory of Open vSwitch's sockets and logs. */
  readonly directory: string;
  /** Points every switch at the controller: `tcp:127.0.0.1:6653`. */
  connect(target: string): Promise<void>;
  /** Starts to capture on every host's wire. */
  watch(): Promise<void>;
  /** The frames that each host has sent since then. */
  sent(): Frames;
  /** The frames that each host has received since then. */
  received(): Frames;
  /** Runs a few seconds of traffic between the hosts. */
  sendTraffic(): Promise<void>;
  /** Commands that show more of this network. */
  readonly suggestions: readonly Suggestion[];
  /** Stops the switches. */
  stop(): Promise<void>;
}
