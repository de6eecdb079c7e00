// SPDX-License-Identifier: Apache-2.0
import { computed, signal } from "@preact/signals";
import { route } from "../app/route.ts";
import { store, stored } from "../app/stored.ts";
import type { PolicyRow } from "../data/policy-row.ts";
import { COLUMNS } from "./columns.ts";

/** The query and the order are in the address; marks and columns are not. */
export const queryText = computed(() => route.value.query.q ?? "");
export const sortText = computed(() => route.value.query.sort ?? "id");

/** Marked policies by id, each as it was last known: it may be out of view. */
export const marked = signal<ReadonlyMap<string, PolicyRow>>(new Map());

export function toggleMark(row: PolicyRow): void {
  const next = new Map(marked.value);
  if (!next.delete(row.id)) next.set(row.id, row);
  marked.value = next;
}

/** Ids of policies whose details are shown in the table. */
export const expanded = signal<ReadonlySet<string>>(new Set());

export function setExpanded(id: string, isExpanded: boolean): void {
  const next = new Set(expanded.value);
  if (isExpanded) next.add(id);
  else next.delete(id);
  expanded.value = next;
}

const USUAL = COLUMNS.filter(({ isUsual }) => isUsual).map(({ id }) => id);

/** The columns of Figure 4 of the paper: each identifier and each match field on its own. */
export const FIGURE_4 = COLUMNS.filter(
  ({ group, id }) => group !== undefined || ["state", "id", "direction", "monitors"].includes(id),
).map(({ id }) => id);

function readColumns(): readonly string[] {
  const kept = stored("columns")?.split(",") ?? [];
  const known = kept.filter((id) => COLUMNS.some((column) => column.id === id));
  return known.length > 0 ? known : USUAL;
}

const chosen = signal(readColumns());

export const shownColumns = computed(() => COLUMNS.filter(({ id }) => chosen.value.includes(id)));

/** An empty list: the usual columns. The id is always shown. */
export function chooseColumns(ids: readonly string[]): void {
  chosen.value = ids.length === 0 ? USUAL : [...ids, "id"];
  store("columns", ids.length === 0 ? undefined : ids.join(","));
}

/** Whether rows are low (`compact`) or have room. */
export const isCompact = signal(stored("density") !== "roomy");

export function setCompact(compact: boolean): void {
  isCompact.value = compact;
  store("density", compact ? undefined : "roomy");
}
