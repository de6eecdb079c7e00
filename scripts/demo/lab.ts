import type { Frames } from "./referee.ts";

/** A command for the user to try, and what it shows. */
export interface Suggestion {
  readonly about: string;
  readonly command: string;
}

/** A running network of Open vSwitch switches with hosts that can send real frames. */
export interface DemoLab {
  /** The directory of Open vSwitch's sockets and logs. */
  readonly directory: string;
  /** Points every switch at the controller: `tcp:127.0.0.1:6653`. */
  connect(target: string): Promise<void>;
  /** Starts watching every host's wire. */
  watch(): Promise<void>;
  /** What each host has put on its wire since. */
  sent(): Frames;
  /** What each host has found on its wire since. */
  got(): Frames;
  /** Lets the hosts talk to each other for a few seconds. */
  sendTraffic(): Promise<void>;
  /** What else the network lets the user see. */
  readonly suggestions: readonly Suggestion[];
  /** Ends the switches. */
  stop(): Promise<void>;
}
