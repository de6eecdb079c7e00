// SPDX-License-Identifier: Apache-2.0
import { useId, useRef, useState } from "preact/hooks";
import { useShortcuts } from "../app/keys.ts";
import { go } from "../app/route.ts";
import { useFoundPolicies } from "../data/policy-list.ts";
import { hosts, switches } from "../data/store.ts";
import { Icon } from "../ui/icon.tsx";
import { SCREENS } from "./screens.ts";
import { type Hit, MOST, policyWords, search } from "./search.ts";

/** Finds policies, hosts and switches from any screen. */
export function SearchBox() {
  const id = useId();
  const box = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [isOpen, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  useShortcuts([{ keys: "/", what: "Search", run: () => box.current?.focus() }]);
  const found = useFoundPolicies(isOpen ? policyWords(text) : undefined, MOST);
  const hits = isOpen
    ? search(text, {
        policies: found ?? [],
        hosts: hosts.value?.values() ?? [],
        switches: switches.value ?? [],
        screens: SCREENS,
      })
    : [];
  const open = (hit: Hit | undefined) => {
    if (!hit) return;
    go(hit.path, hit.query);
    setText("");
    setOpen(false);
    box.current?.blur();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt(Math.min(hits.length - 1, at + 1));
    else if (event.key === "ArrowUp") setAt(Math.max(0, at - 1));
    else if (event.key === "Enter") open(hits[at]);
    else if (event.key === "Escape") {
      setText("");
      box.current?.blur();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const isShown = isOpen && text.trim() !== "";
  return (
    <div class="search">
      <Icon name="search" />
      <input
        ref={box}
        class="field"
        role="combobox"
        aria-label="Search policies, hosts and switches"
        aria-expanded={isShown}
        aria-controls={id}
        aria-activedescendant={isShown && hits[at] ? `${id}-${at}` : undefined}
        placeholder="Search  /"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
      />
      <div id={id} class="options" role="listbox" aria-label="Found" hidden={!isShown}>
        {hits.map((hit, index) => (
          <div
            key={`${hit.kind} ${hit.label}`}
            id={`${id}-${index}`}
            class="option"
            role="option"
            aria-selected={index === at}
            onMouseDown={(event) => {
              event.preventDefault();
              open(hit);
            }}
          >
            <span>{hit.label}</span>
            <span class="muted">
              {hit.kind === "screen" ? "" : `${hit.kind} · `}
              {hit.note}
            </span>
          </div>
        ))}
        {hits.length === 0 && isShown && (
          <div class="option" role="option" aria-selected={false} aria-disabled>
            {found === undefined ? "Searching…" : `Nothing contains "${text.trim()}"`}
          </div>
        )}
      </div>
    </div>
  );
}
