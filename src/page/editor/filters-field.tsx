// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { Field } from "./field.tsx";
import {
  FILTER_FIELDS,
  type FilterField,
  filterValue,
  filterValueText,
  whyNotWith,
} from "./filter-fields.ts";
import { errorsAt } from "./pointers.ts";
import type { Document, EditorState } from "./state.ts";

interface FiltersFieldProps {
  readonly state: EditorState;
  readonly member: "filters" | "exclude";
}

/** Which frames: alternatives, each of conditions that all hold. What is excluded has the same form. */
export function FiltersField({ state, member }: FiltersFieldProps) {
  const value = state.document.value?.[member];
  const alternatives = (Array.isArray(value) ? value : value ? [value] : []) as Document[];
  const label = member === "filters" ? "Filters" : "Except";
  const write = (next: readonly Document[]) => {
    const [first, ...others] = next;
    // One filter is an object; excludes are always a list.
    const single = member === "filters" && others.length === 0;
    state.change({ [member]: first === undefined ? undefined : single ? first : next });
  };
  const isReadOnly = state.isReadOnly.value;
  const shown = alternatives.length > 0 ? alternatives : [{}];
  return (
    <Field
      label={label}
      pointer={`/${member}`}
      errors={errorsAt(state.errors.value, `/${member}`)}
      hint={alternatives.length > 0 ? undefined : EMPTY[member]}
    >
      {() => (
        <>
          {shown.map((filter, index) => (
            <div class="alternative" key={index}>
              {index > 0 && <span class="or">or</span>}
              <Conditions
                filter={filter}
                isReadOnly={isReadOnly}
                onChange={(next) => write(replaced(shown, index, next))}
              />
            </div>
          ))}
          {!isReadOnly && Object.keys(shown.at(-1) ?? {}).length > 0 && (
            <Button kind="quiet" icon="+" onClick={() => write([...shown, {}])}>
              Or
            </Button>
          )}
        </>
      )}
    </Field>
  );
}

const EMPTY = {
  filters: "Every frame between the two.",
  exclude: "No frame is left out.",
} as const;

/** An alternative without conditions is left out, unless it is the last one: it is being written. */
function replaced(all: readonly Document[], index: number, next: Document): Document[] {
  const changed = all.map((each, at) => (at === index ? next : each));
  return changed.filter((each) => Object.keys(each).length > 0);
}

interface ConditionsProps {
  readonly filter: Document;
  readonly isReadOnly: boolean;
  readonly onChange: (filter: Document) => void;
}

function Conditions({ filter, isReadOnly, onChange }: ConditionsProps) {
  const keys = Object.keys(filter);
  const without = (key: string) =>
    Object.fromEntries(Object.entries(filter).filter(([each]) => each !== key));
  return (
    <div class="conditions">
      {keys.map((key) => (
        <span class="chip condition" key={key}>
          <span class="muted">{key}</span>
          <code>{filterValueText(filter[key])}</code>
          {!isReadOnly && (
            <button
              type="button"
              aria-label={`Remove ${key}`}
              onClick={() => onChange(without(key))}
            >
              ✕
            </button>
          )}
        </span>
      ))}
      {!isReadOnly && (
        <NewCondition
          chosen={keys}
          onAdd={(key, text) => onChange({ ...filter, [key]: filterValue(text) })}
        />
      )}
    </div>
  );
}

interface NewConditionProps {
  readonly chosen: readonly string[];
  readonly onAdd: (key: string, text: string) => void;
}

const GROUPS = [...new Set(FILTER_FIELDS.map(({ group }) => group))];

function NewCondition({ chosen, onAdd }: NewConditionProps) {
  const possible = FILTER_FIELDS.filter((field) => whyNotWith(field, chosen) === undefined);
  const [key, setKey] = useState("tcp_dst");
  const [text, setText] = useState("");
  const field = possible.find((each) => each.key === key) ?? possible[0];
  if (!field) return null;
  const add = () => {
    if (text.trim() === "") return;
    onAdd(field.key, text);
    setText("");
  };
  return (
    <span class="new-condition">
      <select
        class="field"
        aria-label="Field of the frame"
        value={field.key}
        onChange={(event) => setKey(event.currentTarget.value)}
      >
        {GROUPS.map((group) => (
          <optgroup key={group} label={group}>
            {FILTER_FIELDS.filter((each) => each.group === group).map((each) => (
              <FieldOption key={each.key} field={each} chosen={chosen} />
            ))}
          </optgroup>
        ))}
      </select>
      <input
        class="field"
        aria-label={`Value of ${field.key}`}
        placeholder={field.example}
        value={text}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.ctrlKey || text.trim() === "") return;
          event.preventDefault();
          add();
        }}
        // What has been typed counts, also when the user goes on without Enter.
        onBlur={add}
      />
      <Button icon="+" label={`Add ${field.key}`} disabled={text.trim() === ""} onClick={add} />
    </span>
  );
}

function FieldOption({ field, chosen }: { field: FilterField; chosen: readonly string[] }) {
  const whyNot = whyNotWith(field, chosen);
  return (
    <option value={field.key} disabled={whyNot !== undefined}>
      {field.label} ({field.key}){whyNot === undefined ? "" : ` – ${whyNot}`}
    </option>
  );
}
