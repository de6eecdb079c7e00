// SPDX-License-Identifier: Apache-2.0
import { useMemo } from "preact/hooks";
import type { Explanation } from "../../contract/explain.ts";
import { CopyButton } from "../ui/copy-button.tsx";
import { hopSteps } from "./answer/hops.ts";
import { originalText, simulatedOnly, verdictOf } from "./answer/verdict.ts";
import { HopView } from "./hop-view.tsx";
import { PolicyAnswers } from "./policy-answers.tsx";

interface AnswerViewProps {
  readonly explanation: Explanation;
  readonly step: number;
  readonly onStep: (index: number) => void;
}

const LOOK = {
  good: { tone: "good", glyph: "✓" },
  warning: { tone: "warn", glyph: "▲" },
  none: { tone: "muted", glyph: "○" },
} as const;

/** The verdict of an explanation, above the map. */
export function VerdictView({ explanation }: { readonly explanation: Explanation }) {
  const { tone, text } = verdictOf(explanation);
  const look = LOOK[tone];
  const doubts = simulatedOnly(explanation);
  const { agreement } = explanation;
  return (
    <header class="verdict">
      <p class={`verdict-text tone-${look.tone}`} role="status">
        <span class="glyph" aria-hidden="true">
          {look.glyph}
        </span>
        <strong>{text}</strong>
      </p>
      <p class="muted">
        {originalText(explanation)} <CopyButton text={() => location.href} label="Copy the link" />
      </p>
      {doubts.length > 0 && (
        <div class="doubts">
          {doubts.map((doubt) => (
            <p key={doubt}>{doubt}</p>
          ))}
        </div>
      )}
      {!agreement.ok && (
        <div class="problem">
          <strong>A defect of OpenVTAP: please report it</strong>
          {agreement.problems.map((problem) => (
            <p key={problem}>{problem}</p>
          ))}
        </div>
      )}
    </header>
  );
}

/** Hops, policies and assumptions, below the map. */
export function AnswerView({ explanation, step, onStep }: AnswerViewProps) {
  const steps = useMemo(() => hopSteps(explanation), [explanation]);
  return (
    <div class="answer">
      <HopView steps={steps} current={Math.min(step, steps.length - 1)} onStep={onStep} />
      <div>
        <PolicyAnswers explanation={explanation} />
        {explanation.assumptions.length > 0 && (
          <details class="assumptions">
            <summary>Assumed</summary>
            {explanation.assumptions.map((assumption) => (
              <p key={assumption} class="muted">
                {assumption}
              </p>
            ))}
          </details>
        )}
      </div>
    </div>
  );
}
