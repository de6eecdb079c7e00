// SPDX-License-Identifier: Apache-2.0
import type { SwitchTracker } from "./switch-tracker.ts";

/** Read-only state of one switch. */
export type SwitchTrackerView = Pick<
  SwitchTracker,
  | "desired"
  | "installed"
  | "foreignFlows"
  | "dirty"
  | "groups"
  | "meters"
  | "errors"
  | "inFlight"
  | "status"
  | "forwarding"
  | "isRead"
  | "isCurrent"
  | "hasWork"
>;
