// SPDX-License-Identifier: Apache-2.0
import { mutate, OPEN_VSWITCH, type Operation, select } from "../ovsdb/index.ts";
import type { OvsdbSession } from "./ovsdb-session.ts";
import type { TransactionOutcome } from "./transactions.ts";

/** What has become of a change of a switch's configuration. */
type TakeOverOutcome =
  | { readonly type: "takenOver" }
  /** It is in the database, and the switch has not taken it over in the time, or the session has ended before. */
  | { readonly type: "committed"; readonly detail: string }
  | Exclude<TransactionOutcome, { readonly type: "committed" }>;

/**
 * Changes the configuration of a switch in one transaction, and waits, for some milliseconds at most, until
 * the switch has taken it over: until `cur_cfg` is what `next_cfg` became with the change.
 * @spec ovs-vswitchd.conf.db(5), table Open_vSwitch, `next_cfg` and `cur_cfg`
 */
export async function takeOver(
  session: OvsdbSession,
  operations: readonly Operation[],
  timeoutMs: number,
): Promise<TakeOverOutcome> {
  const root = { uuid: session.root };
  const outcome = await session.transact([
    mutate(OPEN_VSWITCH, root, { nextConfig: { add: 1 } }),
    select(OPEN_VSWITCH, root),
    ...operations,
  ]);
  if (outcome.type !== "committed") return outcome;
  const [, [row]] = outcome.results;
  const config = row?.nextConfig ?? Number.POSITIVE_INFINITY;
  const waited = await session.until(
    (replica) => (replica.row(OPEN_VSWITCH, session.root)?.currentConfig ?? 0) >= config,
    timeoutMs,
  );
  if (waited === "met") return { type: "takenOver" };
  const detail =
    waited === "ended"
      ? "the session has ended before the switch had taken the change over"
      : `the switch has not taken the change over in ${timeoutMs} ms; is ovs-vswitchd running`;
  return { type: "committed", detail };
}
