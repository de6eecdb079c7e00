// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from "preact/hooks";
import { useShortcuts } from "../app/keys.ts";
import { setQuery } from "../app/route.ts";
import { Button } from "../ui/button.tsx";
import { queryText } from "./table-state.ts";

interface QueryBoxProps {
  /** What is wrong with the words; the rows are those of the words before. */
  readonly problem: string | undefined;
}

/** Selects rows by words such as `state:degraded monitor:ids 10.9.0.0/16`. */
export function QueryBox({ problem }: QueryBoxProps) {
  const box = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(queryText.value);
  const inAddress = queryText.value;
  useEffect(() => setText(inAddress), [inAddress]);
  useShortcuts([{ keys: "f", what: "Filter the policies", run: () => box.current?.focus() }]);
  const change = (next: string) => {
    setText(next);
    setQuery({ q: next });
  };
  return (
    <div class="query-box">
      <label class="hidden-text" for="policy-query">
        Filter
      </label>
      <input
        id="policy-query"
        ref={box}
        type="search"
        class="field"
        value={text}
        placeholder="Filter: state:degraded monitor:ids tcp_dst:443 10.9.0.0/16"
        spellcheck={false}
        autocomplete="off"
        aria-describedby={problem ? "policy-query-problem" : undefined}
        aria-invalid={problem !== undefined}
        title='Words that must all hold; "-" before a word excludes'
        onInput={(event) => change(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          change("");
          event.stopPropagation();
        }}
      />
      {text !== "" && (
        <Button kind="quiet" icon="✕" label="Clear the filter" onClick={() => change("")} />
      )}
      {problem && (
        <p id="policy-query-problem" class="field-problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
