// SPDX-License-Identifier: Apache-2.0
import { type FlowSpec, flowKey } from "../../src/flow-model/index.ts";
import type { CompileDelta, CompileEnvironment, TapCompiler } from "../../src/policy/index.ts";

/** The tables of a compiler as sorted text. */
export function tables(compiler: TapCompiler, { topology }: CompileEnvironment): string[] {
  return [...topology.switches.keys()]
    .flatMap((dpid) => compiler.desired(dpid).map((flow) => `${dpid} ${flowText(flow)}`))
    .sort();
}

function flowText(flow: FlowSpec): string {
  return JSON.stringify(
    [flowKey(flow), flow.category, flow.actions, flow.needs, flow.shields, flow.takesOver],
    (_, each: unknown) => (typeof each === "bigint" ? `${each}n` : each),
  );
}

/** Maintains tables from deltas alone. */
export class Follower {
  readonly #tables = new Map<string, Map<string, string>>();

  follow({ switches }: CompileDelta): void {
    for (const [dpid, { set, delete: gone }] of switches) {
      const table = this.#tables.get(dpid) ?? new Map<string, string>();
      this.#tables.set(dpid, table);
      for (const key of gone) {
        if (!table.delete(key)) throw new Error(`deletes ${key}, which is absent`);
      }
      for (const flow of set) {
        const text = flowText(flow);
        if (table.get(flowKey(flow)) === text) throw new Error(`sets ${text}, which is present`);
        table.set(flowKey(flow), text);
      }
    }
  }

  tables(): string[] {
    return [...this.#tables]
      .flatMap(([dpid, table]) => [...table.values()].map((text) => `${dpid} ${text}`))
      .sort();
  }
}
