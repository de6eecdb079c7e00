// SPDX-License-Identifier: Apache-2.0
import type { FlowIdentity } from "../../flow-model/index.ts";
import { formatMatch } from "../../openflow/index.ts";
import type { ListedFlow } from "./switch-channel.ts";

/** Table, priority and match of an entry, in the syntax of `ovs-ofctl`. */
export function entryText({ table, priority, match }: FlowIdentity): string {
  return [`table=${table}`, `priority=${priority}`, formatMatch(match)].filter(Boolean).join();
}

/** Cookie, table, priority and match of another application's entry. */
export function foreignEntryText(entry: ListedFlow): string {
  return `cookie=0x${entry.cookie.toString(16)}, ${entryText(entry)}`;
}
