// SPDX-License-Identifier: Apache-2.0
import {
  type PolicyRowsService,
  type PolicyRowsView,
  ROW_SORTS,
  type RowKey,
  type RowSort,
} from "../../../contract/observation/policy-rows.ts";
import type { PolicyState } from "../../../contract/policies.ts";
import { afterOf, badCursor, cursorAfter } from "../../http/paging.ts";
import { ProblemException } from "../../http/problem.ts";

/** The query of the list of policies as a table. */
export interface RowsRequest {
  readonly q?: string;
  readonly state?: PolicyState;
  /** A column; with a minus the other way round. */
  readonly sort?: string;
  readonly limit: number;
  readonly cursor?: string;
  readonly offset?: number;
  /** Separated by commas. */
  readonly ids?: string;
  readonly facet?: "monitors";
}

/** The texts that `sort` may have. */
export const SORTS = ROW_SORTS.flatMap((name) => [name, `-${name}`]);

/** A page of the list of policies as a table. */
export async function policyRows(
  port: PolicyRowsService,
  { q, state, sort = "id", limit, cursor, offset, ids, facet }: RowsRequest,
): Promise<PolicyRowsView> {
  // A cursor of another order is not one of this list.
  const list = `policy-rows ${sort}`;
  const after = keyOf(afterOf(list, cursor).after);
  const outcome = await port.listPolicyRows({
    sort: sort.replace("-", "") as RowSort,
    isDescending: sort.startsWith("-"),
    limit,
    ...(q === undefined ? {} : { q }),
    ...(state === undefined ? {} : { state }),
    ...(after === undefined ? {} : { after }),
    ...(offset === undefined ? {} : { offset }),
    ...(ids === undefined ? {} : { ids: new Set(ids.split(",")) }),
    withMonitors: facet === "monitors",
  });
  if (outcome.type === "badQuery") throw badQuery(outcome.problems);
  const { total, columns, monitors, last } = outcome;
  const nextCursor = last === undefined ? null : cursorAfter(list, JSON.stringify(last));
  return { total, columns, ...(monitors && { monitors }), nextCursor };
}

/** @throws ProblemException 400 for a text that is no key. */
function keyOf(text: string | undefined): RowKey | undefined {
  if (text === undefined) return undefined;
  const key: unknown = JSON.parse(text);
  if (!Array.isArray(key) || key.length !== 2) throw badCursor();
  const [value, id] = key;
  const isKey = ["string", "number"].includes(typeof value) && typeof id === "string";
  if (!isKey) throw badCursor();
  return [value, id];
}

function badQuery(problems: readonly { readonly detail: string; readonly remedy: string }[]) {
  const [first] = problems;
  return new ProblemException({
    status: 422,
    kind: "invalid-query",
    title: "Invalid search",
    detail: `q: ${first?.detail}; ${first?.remedy}`,
    errors: problems.map((each) => ({ parameter: "q", ...each })),
  });
}
