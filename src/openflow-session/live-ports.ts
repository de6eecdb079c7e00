// SPDX-License-Identifier: Apache-2.0
import { type PortDesc, PortReason } from "../openflow/index.ts";
import type { MessageOf } from "./request-outcome.ts";
import type { PortChange } from "./session.ts";

/**
 * The ports of a switch as last reported. Lists and changes are applied in the order in which they
 * arrive, which is the order in which the switch made them.
 */
export class LivePorts {
  readonly byNumber = new Map<number, PortDesc>();

  /** Applies part of a list of all ports. */
  listed(ports: readonly PortDesc[]): void {
    for (const port of ports) this.byNumber.set(port.portNo, port);
  }

  /** Applies a port-status message. */
  change({ desc: port, reason }: MessageOf<"portStatus">): PortChange {
    if (reason === PortReason.Delete) this.byNumber.delete(port.portNo);
    else this.byNumber.set(port.portNo, port);
    return { reason: REASONS[reason] ?? "modify", port };
  }
}

const REASONS: Readonly<Record<number, PortChange["reason"]>> = {
  [PortReason.Add]: "add",
  [PortReason.Delete]: "delete",
  [PortReason.Modify]: "modify",
};
