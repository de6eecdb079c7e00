// SPDX-License-Identifier: Apache-2.0
import { openEditor } from "../app/editing.ts";
import { href } from "../app/hash.ts";
import { type PolicyRow, partyLabel } from "../data/policy-row.ts";
import { isLive } from "../data/store.ts";
import { Button } from "../ui/button.tsx";
import { sentence } from "../ui/problem.tsx";
import { filterSummary } from "./columns.ts";
import { Reasons } from "./reasons.tsx";

/** Below an opened row: why the policy is in its state, and its terms in full. */
export function RowDetail({ row }: { readonly row: PolicyRow }) {
  return (
    <div class="row-detail">
      {row.reasons.length > 0 ? (
        <Reasons row={row} />
      ) : (
        <p class="muted">Every switch concerned has confirmed every rule.</p>
      )}
      <p>
        Frames from <strong>{partyLabel(row.sender)}</strong>{" "}
        {row.direction === "both" ? "and back from" : "to"}{" "}
        <strong>{partyLabel(row.receiver)}</strong>
        {filterSummary(row) && (
          <>
            {" "}
            with <strong>{filterSummary(row)}</strong>
          </>
        )}
        , copied to <strong>{row.monitors.join(", ") || "–"}</strong>.
      </p>
      {row.owner !== "" && (
        <p class="muted">
          {sentence(row.origin === "file" ? `of the file ${row.owner}` : `of the set ${row.owner}`)}
        </p>
      )}
      <div class="actions">
        <a class="button" href={href(["policies", row.id])}>
          Details
        </a>
        <Button disabled={!isLive.value} onClick={() => openEditor(row.id)}>
          {row.origin === "file" ? "View" : "Edit"}
        </Button>
      </div>
    </div>
  );
}
