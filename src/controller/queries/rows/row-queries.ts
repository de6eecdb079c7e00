// SPDX-License-Identifier: Apache-2.0
import type {
  MonitorFacet,
  PolicyRowsOutcome,
  PolicyRowsQuery,
  RowKey,
} from "../../../contract/observation/policy-rows.ts";
import { lowerBoundOf } from "../../../lang/lower-bound.ts";
import { sorted } from "../../../lang/steps.ts";
import { completeInSlices, forEachInSlices } from "../../../runtime/index.ts";
import { idOf, type PolicyRegistry, projectOf } from "../../policies/policy-registry.ts";
import { walkPolicies } from "../../policies/walk-policies.ts";
import { addRow, emptyTable, PolicyRow, type RowSources } from "./policy-row.ts";
import { readSearch } from "./row-search.ts";

/** Dependencies of `RowQueries`. */
interface RowQueriesDeps extends Omit<RowSources, "topology"> {
  readonly registry: Pick<PolicyRegistry, "from">;
  readonly topology: () => RowSources["topology"];
}

/** A row with its place in the order of a query. */
interface Found {
  readonly row: PolicyRow;
  readonly key: RowKey;
}

/** The list of policies as a table: searched, ordered and cut in slices of the event loop. */
export class RowQueries {
  readonly #deps: RowQueriesDeps;

  constructor(deps: RowQueriesDeps) {
    this.#deps = deps;
  }

  async list(query: PolicyRowsQuery): Promise<PolicyRowsOutcome> {
    const { sort, isDescending, after, offset = 0, limit } = query;
    const sources = { ...this.#deps, topology: this.#deps.topology() };
    const search = readSearch(query.q ?? "", sources.topology);
    if ("problems" in search) return { type: "badQuery", problems: search.problems };
    const { state } = query;
    const matches = (row: PolicyRow) =>
      (state === undefined || row.status.state === state) && search.matches(row);
    const found = await this.#find(query, sources, matches);
    const sign = isDescending ? -1 : 1;
    const inOrder = (a: RowKey, b: RowKey) => sign * compareKeys(a, b);
    // Policies are found in the order of their ids.
    const ordered =
      sort === "id" && !isDescending
        ? found
        : await completeInSlices(sorted(found, (a, b) => inOrder(a.key, b.key)));
    const next =
      after === undefined ? 0 : lowerBoundOf(ordered, ({ key }) => inOrder(key, after) <= 0);
    const start = next + offset;
    const page = ordered.slice(start, start + limit);
    const columns = emptyTable();
    await forEachInSlices(page, ({ row }) => addRow(columns, row));
    const hasMore = start + page.length < ordered.length;
    const last = hasMore ? page.at(-1)?.key : undefined;
    const monitors = query.withMonitors ? await monitorsOf(found) : undefined;
    return { type: "rows", columns, total: found.length, last, ...(monitors && { monitors }) };
  }

  async #find(
    { sort, project, ids }: PolicyRowsQuery,
    sources: RowSources,
    matches: (row: PolicyRow) => boolean,
  ): Promise<Found[]> {
    const found: Found[] = [];
    await walkPolicies(this.#deps.registry, undefined, (known) => {
      if (project !== undefined && projectOf(known) !== project) return false;
      if (ids !== undefined && !ids.has(idOf(known))) return false;
      const row = new PolicyRow(known, sources);
      if (matches(row)) found.push({ row, key: row.key(sort) });
      return false;
    });
    return found;
  }
}

/** The monitors of policies, each with the number of policies that name it. */
async function monitorsOf(found: readonly Found[]): Promise<readonly MonitorFacet[]> {
  const counts = new Map<string, number>();
  await forEachInSlices(found, ({ row }) => {
    for (const monitor of new Set(row.monitors)) {
      counts.set(monitor, (counts.get(monitor) ?? 0) + 1);
    }
  });
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([monitor, policies]) => ({ monitor, policies }));
}

/** Keys of one order have values of one type; ids decide between equal ones. */
function compareKeys([a, idA]: RowKey, [b, idB]: RowKey): number {
  if (a !== b) return a < b ? -1 : 1;
  return idA === idB ? 0 : idA < idB ? -1 : 1;
}
