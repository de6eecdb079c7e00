// SPDX-License-Identifier: Apache-2.0
import { Port } from "../../openflow/index.ts";
import { foreignEntryText } from "./entry-text.ts";
import type { ListedFlow } from "./switch-channel.ts";

/** Another application's flow entry, in a place where an OpenVTAP entry may be desired. */
export interface ForeignFlow {
  /** The entry as the switch lists it. */
  readonly listed: ListedFlow;
  /**
   * The default entry of a bridge without a controller (`priority=0 actions=NORMAL`). OpenVTAP
   * replaces it: on a switch of profile `normal` its entry does the same, on one whose tables belong to
   * another application the profile asks for the entry; profile `paths` desires no entry there.
   */
  readonly isDefault: boolean;
  /** Why the desired entry cannot be installed, and what to do, as a clause. */
  readonly reason: string;
}

export function foreignFlow(listed: ListedFlow): ForeignFlow {
  const { priority, match, cookie, instructions } = listed;
  const [first, ...others] = instructions.flatMap((each) =>
    each.type === "applyActions" || each.type === "writeActions" ? each.actions : [],
  );
  const isNormal =
    instructions.length === 1 &&
    others.length === 0 &&
    first?.type === "output" &&
    first.port === Port.Normal;
  const isDefault = isNormal && priority === 0 && match.length === 0 && cookie === 0n;
  const reason = `another application's flow entry is in its place (${foreignEntryText(listed)}): delete or move that one, then vtap resync`;
  return { listed, isDefault, reason };
}
