// SPDX-License-Identifier: Apache-2.0
import { type Dpid, parseDpid } from "../dpid.ts";
import type { JsonPath, JsonProblem } from "./json-document.ts";
import { didYouMean } from "./schema-problems.ts";

/** The names and datapath ids of switches in files and requests. */
export class SwitchNames {
  readonly #byName = new Map<string, Dpid>();
  readonly #dpids = new Set<Dpid>();

  constructor(switches: Iterable<{ readonly dpid: string; readonly name?: string | undefined }>) {
    for (const { dpid: text, name } of switches) {
      const dpid = parseDpid(text);
      if (!dpid) continue;
      this.#dpids.add(dpid);
      if (name !== undefined && !this.#byName.has(name)) this.#byName.set(name, dpid);
    }
  }

  /** The switch with this name or datapath id. */
  find(text: string): Dpid | undefined {
    const dpid = this.#byName.get(text) ?? parseDpid(text);
    return dpid && this.#dpids.has(dpid) ? dpid : undefined;
  }

  /** The problem of an unknown switch name. */
  unknown(text: string, path: JsonPath): JsonProblem {
    const remedy = didYouMean(text, this.#byName.keys()) ?? `name a switch under "switches"`;
    return { path, what: `there is no switch "${text}"`, remedy };
  }
}
