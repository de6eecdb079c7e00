// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from "preact";
import { route, setQuery } from "../app/route.ts";
import { Button } from "../ui/button.tsx";

interface TableToolsProps {
  /** What is filtered: "switches". */
  readonly what: string;
  readonly placeholder: string;
  readonly shown: number;
  readonly total: number;
  readonly children?: ComponentChildren;
}

/** The filter above a table; the address holds it. */
export function TableTools({ what, placeholder, shown, total, children }: TableToolsProps) {
  const text = route.value.query.q ?? "";
  return (
    <div class="table-tools">
      <input
        type="search"
        class="field"
        aria-label={`Filter the ${what}`}
        placeholder={placeholder}
        spellcheck={false}
        autocomplete="off"
        value={text}
        onInput={(event) => setQuery({ q: event.currentTarget.value })}
      />
      {text !== "" && (
        <span class="muted">
          {shown} of {total} {what}
        </span>
      )}
      <span class="spacer" />
      {children}
    </div>
  );
}

/** In place of a table without a row. */
export function NoHit({ what }: { readonly what: string }) {
  const text = route.value.query.q ?? "";
  return (
    <p class="no-hit">
      No {what} with <q>{text}</q>.{" "}
      <Button onClick={() => setQuery({ q: undefined })}>Clear the filter</Button>
    </p>
  );
}
