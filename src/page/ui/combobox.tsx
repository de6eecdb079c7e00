// SPDX-License-Identifier: Apache-2.0
import { useId, useRef, useState } from "preact/hooks";

export interface Suggestion {
  readonly value: string;
  /** Shown beside the value: where the host is, what else it has. */
  readonly note?: string;
}

interface ComboboxProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** At most this many are shown; called with what has been typed. */
  readonly suggest: (text: string) => readonly Suggestion[];
  readonly placeholder?: string;
  readonly disabled?: boolean;
  readonly describedBy?: string | undefined;
  readonly isInvalid?: boolean;
  readonly autoFocus?: boolean;
}

/** A text with suggestions (WAI-ARIA combobox): arrows choose one, Enter takes it, Escape closes the list. */
export function Combobox(props: ComboboxProps) {
  const { label, value, onChange, suggest, placeholder, describedBy } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [isOpen, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const list = isOpen ? suggest(value) : [];
  const take = (taken: string) => {
    onChange(taken);
    setOpen(false);
    setAt(-1);
    input.current?.focus();
  };
  const move = (step: number) => {
    setOpen(true);
    const count = suggest(value).length;
    if (count > 0) setAt((at + step + count + (at < 0 && step < 0 ? 1 : 0)) % count);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const chosen = list[at];
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter" && chosen && !event.ctrlKey) take(chosen.value);
    else if (event.key === "Escape" && isOpen && list.length > 0) setOpen(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const isShown = isOpen && list.length > 0;
  return (
    <span class="combobox">
      <input
        ref={input}
        class="field"
        role="combobox"
        aria-label={label}
        aria-expanded={isShown}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={isShown && at >= 0 ? `${id}-${at}` : undefined}
        aria-describedby={describedBy}
        aria-invalid={props.isInvalid}
        autocomplete="off"
        spellcheck={false}
        value={value}
        placeholder={placeholder}
        disabled={props.disabled}
        onInput={(event) => {
          onChange(event.currentTarget.value);
          setOpen(true);
          setAt(-1);
        }}
        onClick={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
      />
      <div
        id={id}
        role="listbox"
        aria-label={`${label}: suggestions`}
        class="options"
        hidden={!isShown}
      >
        {list.map((suggestion, index) => (
          <div
            key={suggestion.value}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            class="option"
            // Before the field loses the focus, which closes the list.
            onMouseDown={(event) => {
              event.preventDefault();
              take(suggestion.value);
            }}
          >
            <span>{suggestion.value}</span>
            {suggestion.note !== undefined && <span class="muted">{suggestion.note}</span>}
          </div>
        ))}
      </div>
    </span>
  );
}
