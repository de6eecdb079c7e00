// SPDX-License-Identifier: Apache-2.0
import type { PolicyDryRun, PolicyEffect } from "../../../contract/policy-sets.ts";
import { href } from "../../app/hash.ts";
import { WayMap } from "../../map/way-map.tsx";
import { Reasons } from "../../policies/reasons.tsx";
import { plural } from "../../ui/format.ts";
import { Problem, sentence } from "../../ui/problem.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { fieldId } from "../field.tsx";
import type { EditorState } from "../state.ts";
import { isHarm } from "./harm.ts";
import { MemberChanges } from "./member-changes.tsx";
import { switchChanges } from "./switch-changes.ts";
import { SwitchPlan } from "./switch-plan.tsx";

/** What the policy in the editor would do, as the server answers while the user types. */
export function Forecast({ state }: { readonly state: EditorState }) {
  const { problem, dryRun, isChecking, parsed } = state;
  const { mistake } = parsed.value;
  return (
    <section class="forecast" aria-label="What will happen" aria-busy={isChecking.value}>
      <h2>
        What will happen
        {isChecking.value && <span class="muted"> checking…</span>}
      </h2>
      {state.isUntouched.value ? (
        <p class="muted">
          Name a sender, a receiver and a monitor. What the controller would install, and what it
          does to other policies, appears here before anything is saved.
        </p>
      ) : mistake !== undefined ? (
        <p class="field-problem">This is not JSON yet: {mistake}.</p>
      ) : problem.value ? (
        <Mistakes state={state} />
      ) : dryRun.value ? (
        <Outcome dryRun={dryRun.value} />
      ) : (
        <Skeleton lines={6} />
      )}
    </section>
  );
}

function Mistakes({ state }: { readonly state: EditorState }) {
  const problem = state.problem.value;
  if (!problem) return null;
  if (problem.errors.length === 0)
    return <Problem problem={problem} retry={() => void state.check()} />;
  return (
    <div class="mistakes">
      <p class="muted">It cannot be saved yet:</p>
      <ul>
        {problem.errors.map(({ pointer = "", detail, remedy }) => (
          <li key={pointer + detail}>
            <button type="button" class="as-link" onClick={() => focusField(pointer)}>
              {pointer === "" ? "the policy" : pointer.slice(1).replaceAll("/", " › ")}
            </button>
            : {sentence(detail)} <span class="muted">{sentence(remedy)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Moves the focus to the field of a member, or to that of the member it is in. */
export function focusField(pointer: string): void {
  for (let at = pointer; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    const field = document.getElementById(fieldId(at));
    if (!field) continue;
    const control = field.querySelector<HTMLElement>("input, select, textarea, button");
    (control ?? field).focus();
    return;
  }
}

function Outcome({ dryRun }: { readonly dryRun: PolicyDryRun }) {
  const { state, reasons, tapPoints, plan, diff, overlaps, unseen } = dryRun;
  return (
    <>
      <p class="predicted">
        It will be <StateBadge state={state} />
      </p>
      {reasons.length > 0 && <Reasons row={{ state, reasons }} />}
      <Effects effects={dryRun.effects} unlisted={dryRun.unlistedEffects} />
      {diff && <MemberChanges diff={diff} />}
      {plan.tapPoints.length > 0 && <WayMap plan={plan} />}
      <List title="Frames are copied at" texts={tapPoints} />
      {switchChanges(dryRun).map((change) => (
        <SwitchPlan key={change.name} change={change} isCompared={diff !== undefined} />
      ))}
      {overlaps.length > 0 && (
        <>
          <h3>Other policies copy some of the same frames</h3>
          <ul>
            {overlaps.map(({ policy, what }) => (
              <li key={policy + what}>
                <a href={href(["policies", policy])}>{policy}</a>: {what}
              </li>
            ))}
          </ul>
        </>
      )}
      <List title="Not seen" texts={unseen} />
    </>
  );
}

function List({ title, texts }: { readonly title: string; readonly texts: readonly string[] }) {
  if (texts.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul>
        {texts.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </>
  );
}

interface EffectsProps {
  readonly effects: readonly PolicyEffect[];
  readonly unlisted: number;
}

/** What the change does to other policies; what harms them stands out. */
function Effects({ effects, unlisted }: EffectsProps) {
  if (effects.length === 0) return null;
  const ordered = [...effects].sort((a, b) => Number(isHarm(b)) - Number(isHarm(a)));
  return (
    <>
      <h3>Effects on other policies</h3>
      <ul class="effects">
        {ordered.map((effect) => (
          <li key={effect.id} class={isHarm(effect) ? "harm" : undefined}>
            <a href={href(["policies", effect.id])}>{effect.id}</a>{" "}
            {effect.changes
              .filter(({ what }) => what === "state")
              .map(({ before, after }) => (
                <strong key={after.join()}>
                  {before[0] ?? "–"} → {after[0] ?? "–"}
                </strong>
              ))}
            {effect.why.map((why) => (
              <p key={why}>{sentence(why)}</p>
            ))}
          </li>
        ))}
      </ul>
      {unlisted > 0 && (
        <p class="muted">And {plural(unlisted, "other policy", "other policies")}.</p>
      )}
    </>
  );
}
