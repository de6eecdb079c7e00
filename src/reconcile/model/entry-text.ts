// SPDX-License-Identifier: Apache-2.0
import type { FlowIdentity } from "../../flow-model/index.ts";
import { formatMatch } from "../../openflow/index.ts";

/** Table, priority and match of an entry, in the syntax of `ovs-ofctl`. */
export function entryText({ table, priority, match }: FlowIdentity): string {
  return [`table=${table}`, `priority=${priority}`, formatMatch(match)].filter(Boolean).join();
}
