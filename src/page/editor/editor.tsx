// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from "preact/hooks";
import type { PolicyView } from "../../contract/policies.ts";
import { closeEditor, openDraft } from "../app/editing.ts";
import { useShortcuts } from "../app/keys.ts";
import { toast } from "../app/toasts.ts";
import { get, type ProblemDocument, problemFrom } from "../data/rest.ts";
import { may } from "../data/session-state.ts";
import { isLive } from "../data/store.ts";
import { policyPath } from "../policies/actions.ts";
import { documentOf, duplicate } from "../policies/document.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icon.tsx";
import { Problem } from "../ui/problem.tsx";
import { Conflict } from "./conflict.tsx";
import { CopyFields, LifeFields, NameFields } from "./copy-fields.tsx";
import { DirectionField } from "./direction-field.tsx";
import { FiltersField } from "./filters-field.tsx";
import { Forecast, focusField } from "./forecast/forecast.tsx";
import { isHarm } from "./forecast/harm.ts";
import { JsonPane } from "./json-pane.tsx";
import { MonitorsField, PartyField } from "./party-field.tsx";
import { type SaveStep, whenSettled } from "./save-policy.ts";
import type { EditorState } from "./state.ts";

/** How long the user has to pause before the server is asked. */
const CHECK_AFTER_MS = 300;

interface EditorProps {
  readonly state: EditorState;
  readonly title: string;
}

export function Editor({ state, title }: EditorProps) {
  const [isJson, setJson] = useState(false);
  const body = useRef<HTMLDivElement>(null);
  const saving = useSaving(state);
  const { text } = state;
  const current = text.value;
  useEffect(() => {
    if (state.isUntouched.value) return;
    const timer = setTimeout(() => void state.check(), CHECK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [state, current]);
  useEffect(() => {
    body.current?.querySelector<HTMLElement>("input:not(:disabled), textarea")?.focus();
  }, []);
  const isReadOnly = state.isReadOnly.value;
  useShortcuts(
    [
      { keys: "Control+Enter", what: "Save the policy", run: () => void saving.save() },
      { keys: "Escape", what: "Close the editor; the draft is kept", run: closeEditor },
    ],
    [saving.save],
  );
  return (
    <>
      <div class="drawer-head">
        <h2>{title}</h2>
        {state.isChanged.value && <span class="muted">not saved</span>}
        <span class="spacer" />
        <div class="segments small">
          {(["Form", "JSON"] as const).map((name) => (
            <button
              key={name}
              type="button"
              class={isJson === (name === "JSON") ? "segment chosen" : "segment"}
              aria-pressed={isJson === (name === "JSON")}
              onClick={() => setJson(name === "JSON")}
            >
              {name}
            </button>
          ))}
        </div>
        <Button kind="quiet" icon="✕" label="Close the editor" onClick={closeEditor} />
      </div>
      {isReadOnly && <ReadOnlyNote state={state} />}
      {state.isRestored.value && (
        <div class="note">
          This draft was not saved before.
          <Button kind="quiet" onClick={() => state.discard()}>
            Discard it
          </Button>
        </div>
      )}
      <div class="drawer-body" ref={body}>
        {saving.theirs ? (
          <Conflict state={state} theirs={saving.theirs} onResolved={saving.resolved} />
        ) : (
          <>
            <div class="editor-form">
              {isJson || !state.document.value ? (
                <JsonPane state={state} />
              ) : (
                <Form state={state} />
              )}
            </div>
            <Forecast state={state} />
          </>
        )}
      </div>
      <SaveBar state={state} saving={saving} />
      {saving.asks && (
        <Dialog
          title="Other policies would be worse off"
          onClose={saving.cancel}
          action={{ label: "Save although", kind: "danger", run: () => void saving.save(true) }}
        >
          <p>
            This change harms{" "}
            {state.dryRun.value?.effects
              .filter(isHarm)
              .map(({ id }) => id)
              .join(", ")}
            : see "Effects on other policies".
          </p>
        </Dialog>
      )}
    </>
  );
}

function Form({ state }: { readonly state: EditorState }) {
  return (
    <>
      <PartyField state={state} member="sender" />
      <DirectionField state={state} />
      <PartyField state={state} member="receiver" />
      <MonitorsField state={state} />
      <FiltersField state={state} member="filters" />
      <FiltersField state={state} member="exclude" />
      <NameFields state={state} />
      <CopyFields state={state} />
      <LifeFields state={state} />
    </>
  );
}

function ReadOnlyNote({ state }: { readonly state: EditorState }) {
  const policy = state.stored.value;
  if (policy?.origin.kind !== "file") return null;
  return (
    <div class="note">
      <span>
        <Icon name="lock" /> Read-only: the file <code>{policy.origin.file}</code> owns this policy.
        Change it there and reload, or duplicate it.
      </span>
      {may("POST /api/v1/policies") && (
        <Button onClick={() => openDraft(duplicate(documentOf(policy)))}>
          Duplicate as API policy
        </Button>
      )}
    </div>
  );
}

interface Saving {
  readonly step: SaveStep | undefined;
  readonly failure: ProblemDocument | undefined;
  readonly theirs: PolicyView | undefined;
  /** Whether the user is asked first. */
  readonly asks: boolean;
  readonly save: (although?: boolean) => Promise<void>;
  readonly cancel: () => void;
  readonly resolved: () => void;
}

/** Writes the policy, and what may come of it. */
function useSaving(state: EditorState): Saving {
  const [step, setStep] = useState<SaveStep>();
  const [failure, setFailure] = useState<ProblemDocument>();
  const [theirs, setTheirs] = useState<PolicyView>();
  const [asks, setAsks] = useState(false);
  const save = async (although = false) => {
    if (step !== undefined || state.isReadOnly.value || !isLive.value) return;
    state.isTried.value = true;
    const [mistake] = state.errors.value;
    if (mistake) return focusField(mistake.pointer ?? "");
    if (!although && state.dryRun.value?.effects.some(isHarm)) return setAsks(true);
    setAsks(false);
    setFailure(undefined);
    setStep("saving");
    try {
      const written = await state.save();
      setStep("on disk");
      const settled = await whenSettled(written);
      setStep("done");
      toast(`"${settled.id}" is saved and ${settled.status.state}.`, { tone: "good" });
      closeEditor();
    } catch (error) {
      const problem = problemFrom(error);
      setStep(undefined);
      if (problem.status === 412) await get<PolicyView>(policyPath(state.id)).then(setTheirs);
      else if (problem.errors.length > 0) state.problem.value = problem;
      else setFailure(problem);
    }
  };
  const resolved = () => setTheirs(undefined);
  return { step, failure, theirs, asks, save, cancel: () => setAsks(false), resolved };
}

function SaveBar({ state, saving }: { readonly state: EditorState; readonly saving: Saving }) {
  const { step, failure } = saving;
  const operation = state.isNew ? "POST /api/v1/policies" : "PUT /api/v1/policies/{id}";
  const whyNot = whyNotSave(state, may(operation));
  const labels = { saving: "Saving…", "on disk": "On disk, waiting for switches…", done: "Saved" };
  return (
    <div class="drawer-foot">
      {failure && <Problem problem={failure} />}
      <span class="muted">{whyNot}</span>
      <span class="spacer" />
      <Button onClick={closeEditor}>Close</Button>
      <Button
        kind="primary"
        disabled={whyNot !== undefined || step !== undefined || saving.theirs !== undefined}
        onClick={() => void saving.save()}
      >
        <span aria-live="polite">{step ? labels[step] : "Save"}</span>
      </Button>
    </div>
  );
}

function whyNotSave(state: EditorState, isAllowed: boolean): string | undefined {
  if (state.isReadOnly.value) return "Read-only";
  if (!isAllowed) return "Your role does not allow changes.";
  if (!isLive.value) return "Not connected: the draft is kept.";
  if (!state.isNew && !state.isChanged.value) return "Nothing is changed.";
  return undefined;
}
