// SPDX-License-Identifier: Apache-2.0
import { useId } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { COLUMNS } from "./columns.ts";
import { chooseColumns, FIGURE_4, isCompact, setCompact, shownColumns } from "./table-state.ts";

/** Which columns the table has. */
export function ColumnChooser() {
  const id = useId();
  const shown = shownColumns.value.map((column) => column.id);
  const toggle = (column: string) => {
    chooseColumns(
      shown.includes(column) ? shown.filter((each) => each !== column) : [...shown, column],
    );
  };
  return (
    <span>
      <Button kind="quiet" popovertarget={id}>
        Columns
      </Button>
      <div id={id} popover="auto" class="column-chooser">
        <div class="actions">
          <Button onClick={() => chooseColumns([])}>Usual</Button>
          <Button onClick={() => chooseColumns(FIGURE_4)}>All match fields</Button>
        </div>
        <fieldset>
          <legend class="hidden-text">Columns</legend>
          {COLUMNS.filter((column) => column.id !== "id").map((column) => (
            <label key={column.id} class="check">
              <input
                type="checkbox"
                checked={shown.includes(column.id)}
                onChange={() => toggle(column.id)}
              />
              {column.group === undefined ? "" : `${column.group}: `}
              {column.label || "Direction"}
            </label>
          ))}
        </fieldset>
        <label class="check">
          <input
            type="checkbox"
            checked={isCompact.value}
            onChange={(event) => setCompact(event.currentTarget.checked)}
          />
          Low rows
        </label>
      </div>
    </span>
  );
}
