// SPDX-License-Identifier: Apache-2.0
import type { SuspensionStore } from "../../controller/index.ts";
import { defined } from "../../lang/defined.ts";
import type { SuspensionRecords } from "../../store/index.ts";
import type { Appending } from "./audit.ts";

/** The key of the record that suspends all taps. */
const ALL_TAPS = "all";
const PROJECT = "project/";
const POLICY = "policy/";

/** Adapts suspension records on disk to the controller's suspension store. */
export function suspensionStore(records: SuspensionRecords, appending: Appending): SuspensionStore {
  return {
    async load() {
      const { [ALL_TAPS]: all, ...rest } = Object.fromEntries(await records.load());
      const under = (prefix: string) =>
        Object.entries(rest).flatMap(([key, record]) =>
          key.startsWith(prefix) ? [[key.slice(prefix.length), record] as const] : [],
        );
      const projects = under(PROJECT).map(([project, { madeBy, ...stated }]) => {
        const { since, reason, by } = stated;
        const suspension = { since, ...defined({ reason, by }), byProject: madeBy === "project" };
        return [project, suspension] as const;
      });
      const policies = under(POLICY).map(([id, { since, reason = "", write = "" }]) => {
        return [id, { since, reason, write }] as const;
      });
      return { ...(all ? { all } : {}), projects, policies };
    },
    putAll: (suspension, audit) => records.put(ALL_TAPS, suspension, appending(audit)),
    putProject: (project, { byProject, ...suspension }, audit) => {
      const madeBy = byProject ? "project" : "network";
      return records.put(`${PROJECT}${project}`, { ...suspension, madeBy }, appending(audit));
    },
    putPolicy: (id, suspension) => records.put(`${POLICY}${id}`, suspension),
    removeAll: (audit) => records.remove(ALL_TAPS, appending(audit)),
    removeProject: (project, audit) => records.remove(`${PROJECT}${project}`, appending(audit)),
    removePolicy: (id, audit) => records.remove(`${POLICY}${id}`, appending(audit)),
  };
}
