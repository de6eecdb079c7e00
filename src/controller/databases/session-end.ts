// SPDX-License-Identifier: Apache-2.0
import type { SwitchDatabaseView } from "../../contract/observation/switch-database.ts";
import type { OvsdbSession } from "../../ovsdb-session/index.ts";

/** The other end of a session. */
export function endOf({
  peer,
  isTls,
}: OvsdbSession): Pick<SwitchDatabaseView, "address" | "transport"> {
  return { address: peer, transport: peer.startsWith("unix:") ? "unix" : isTls ? "tls" : "tcp" };
}
