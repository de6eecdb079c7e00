// SPDX-License-Identifier: Apache-2.0
import type { Inspection } from "../../src/cli/index.ts";

/** A machine whose files are in order, and where no database is. */
export const NO_INSPECTION: Inspection = {
  firstNode: "20.19",
  inputErrors: async () => [],
  readDatabase: async () => ({ ok: false, reason: "there is no such socket" }),
};
