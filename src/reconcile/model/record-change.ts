// SPDX-License-Identifier: Apache-2.0
import type { FlowKey } from "../../flow-model/index.ts";
import type { InstalledFlow } from "./installed.ts";

/** The record of an installed flow entry before and after a change; undefined: none. */
export interface RecordChange {
  readonly key: FlowKey;
  readonly from: InstalledFlow | undefined;
  readonly to: InstalledFlow | undefined;
  /** Entries that depend on this one are planned again even if the record is the same as before. */
  readonly wake?: boolean;
}
