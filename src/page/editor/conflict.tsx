// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";
import type { PolicyView } from "../../contract/policies.ts";
import { documentOf } from "../policies/document.ts";
import { Button } from "../ui/button.tsx";
import { formatTime } from "../ui/format.ts";
import { MemberValue } from "./member-value.tsx";
import type { EditorState } from "./state.ts";
import { type Difference, merge, threeWay } from "./three-way.ts";

interface ConflictProps {
  readonly state: EditorState;
  readonly theirs: PolicyView;
  readonly onResolved: () => void;
}

type Choice = "yours" | "theirs";

/** Another client has written the policy meanwhile: what each has changed, and whose is kept. */
export function Conflict({ state, theirs, onResolved }: ConflictProps) {
  const [choices, setChoices] = useState<Readonly<Record<string, Choice>>>({});
  const present = documentOf(theirs);
  const differences = threeWay(state.base.value, state.document.value ?? {}, present);
  return (
    <section class="conflict" aria-labelledby="conflict-title">
      <h2 id="conflict-title">This policy has been changed meanwhile</h2>
      <p class="muted">
        Revision {theirs.revision} was written {formatTime(theirs.updatedAt)}
        {theirs.requester === undefined ? "" : `; requester: ${theirs.requester}`}. Your draft began
        with revision {state.revision.value}. Nothing is lost: choose what is kept.
      </p>
      <div class="table-scroll">
        <table class="three-way">
          <thead>
            <tr>
              <th scope="col">Member</th>
              <th scope="col">Before</th>
              <th scope="col">Yours</th>
              <th scope="col">Theirs</th>
            </tr>
          </thead>
          <tbody>
            {differences.map((difference) => (
              <Row
                key={difference.key}
                difference={difference}
                choice={choices[difference.key] ?? "yours"}
                onChoice={(choice) => setChoices({ ...choices, [difference.key]: choice })}
              />
            ))}
          </tbody>
        </table>
      </div>
      <div class="actions">
        <Button
          kind="primary"
          onClick={() => {
            state.rebase(theirs, merge(present, differences, choices));
            onResolved();
          }}
        >
          Continue with this
        </Button>
        <Button
          onClick={() => {
            state.rebase(theirs, present);
            state.discard();
            onResolved();
          }}
        >
          Take theirs
        </Button>
      </div>
    </section>
  );
}

interface RowProps {
  readonly difference: Difference;
  readonly choice: Choice;
  readonly onChoice: (choice: Choice) => void;
}

function Row({ difference, choice, onChoice }: RowProps) {
  const { key, base, yours, theirs, isConflict } = difference;
  const cell = (side: Choice, value: unknown) => (
    <td class={isConflict && choice === side ? "chosen" : undefined}>
      {isConflict ? (
        <label>
          <input
            type="radio"
            name={`choice-${key}`}
            checked={choice === side}
            onChange={() => onChoice(side)}
          />
          <MemberValue value={value} />
        </label>
      ) : (
        <MemberValue value={value} />
      )}
    </td>
  );
  return (
    <tr>
      <th scope="row">{key}</th>
      <td>
        <MemberValue value={base} />
      </td>
      {cell("yours", yours)}
      {cell("theirs", theirs)}
    </tr>
  );
}
