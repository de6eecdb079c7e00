import { Port } from "../../openflow/index.ts";
import { entryText } from "./entry-text.ts";
import type { ListedFlow } from "./switch-channel.ts";

/** Somebody else's flow entry where one of ours could be wanted. */
export interface ForeignFlow {
  /**
   * What a bridge without a controller forwards by (`priority=0 actions=NORMAL`): nobody's work. It
   * gives way to ours: on a switch of profile `normal` that does the same, on one whose tables are
   * another application's that is what the profile asks for; one of profile `paths` wants nothing there.
   */
  readonly isDefault: boolean;
  /** Why ours cannot be there, and what to do, as a clause. */
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
  const what = `cookie=0x${cookie.toString(16)}, ${entryText(listed)}`;
  const reason = `another application's flow entry is in its place (${what}): delete or move that one, then vtap resync`;
  return { isDefault, reason };
}
