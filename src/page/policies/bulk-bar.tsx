// SPDX-License-Identifier: Apache-2.0
import { signal } from "@preact/signals";
import type { PolicyRow } from "../data/policy-row.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { plural } from "../ui/format.ts";
import { deletePolicies, exportPolicies, REMOVE, setEnabled, WRITE } from "./actions.ts";
import { readOnlyReason } from "./row-menu.tsx";
import { marked } from "./table-state.ts";

/** Ids of the policies that the user is asked about; empty: no question. */
export const toDelete = signal<readonly string[]>([]);

/** What can be done with the marked policies. */
export function BulkBar() {
  const rows = [...marked.value.values()];
  const writable = idsOf(rows, WRITE);
  const deletable = idsOf(rows, REMOVE);
  const readOnly = rows.length - writable.length;
  return (
    <div class="bulk-bar" role="toolbar" aria-label="Marked policies">
      <strong>{plural(rows.length, "policy", "policies")} marked</strong>
      {readOnly > 0 && <span class="muted">{readOnly} read-only</span>}
      <Button disabled={writable.length === 0} onClick={() => void setEnabled(writable, true)}>
        Enable
      </Button>
      <Button disabled={writable.length === 0} onClick={() => void setEnabled(writable, false)}>
        Disable
      </Button>
      <Button onClick={() => void exportPolicies(rows.map(({ id }) => id))}>Export JSON</Button>
      <Button
        kind="danger"
        disabled={deletable.length === 0}
        onClick={() => {
          toDelete.value = deletable;
        }}
      >
        Delete…
      </Button>
      <span class="spacer" />
      <Button kind="quiet" onClick={clearMarks}>
        Clear
      </Button>
    </div>
  );
}

export function clearMarks(): void {
  marked.value = new Map();
}

function idsOf(rows: readonly PolicyRow[], operation: string): string[] {
  return rows.filter((row) => readOnlyReason(row, operation) === undefined).map(({ id }) => id);
}

/** Asks before several policies, or one by the keyboard, are deleted. */
export function DeleteQuestion() {
  const ids = toDelete.value;
  if (ids.length === 0) return null;
  const close = () => {
    toDelete.value = [];
  };
  const what = ids.length === 1 ? `"${ids[0]}"` : plural(ids.length, "policy", "policies");
  return (
    <Dialog
      title={`Delete ${what}?`}
      onClose={close}
      action={{
        label: "Delete",
        kind: "danger",
        run: () => {
          close();
          clearMarks();
          void deletePolicies(ids);
        },
      }}
    >
      <p>Their copies end at once. The originals are not affected.</p>
      {ids.length > 1 && (
        <p class="muted">
          {ids.slice(0, 8).join(", ")}
          {ids.length > 8 && " …"}
        </p>
      )}
    </Dialog>
  );
}
