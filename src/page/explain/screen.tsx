// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";
import "../styles/map.css";
import "../styles/explain.css";
import { useShortcuts } from "../app/keys.ts";
import { route, setQuery } from "../app/route.ts";
import { Problem } from "../ui/problem.tsx";
import { useDocumentTitle } from "../ui/use-document-title.ts";
import { AnswerView, VerdictView } from "./answer-view.tsx";
import { useExplanation } from "./ask.ts";
import { ExplainMap } from "./explain-map.tsx";
import { type ExplainState, queryOfState, stateOfQuery } from "./question.ts";
import { QuestionForm } from "./question-form.tsx";

/** What happens to a frame, hop by hop, and why. */
export default function Screen() {
  useDocumentTitle("Explain");
  const state = stateOfQuery(new URLSearchParams(route.value.query));
  const [round, setRound] = useState(0);
  const { explanation, problem, isAsking } = useExplanation(state.frame, state.at, state.to, round);
  const change = (next: Partial<ExplainState>, replace: boolean) => {
    const query = Object.fromEntries(queryOfState({ ...state, ...next }));
    setQuery({ frame: "", at: "", to: "", step: "", ...query }, { replace });
  };
  const count = explanation?.hops.length ?? 0;
  const step = Math.min(state.step, Math.max(0, count - 1));
  const goTo = (index: number) => {
    if (index < 0 || index >= count) return false;
    change({ step: index }, true);
    return true;
  };
  useShortcuts(
    [
      { keys: "ArrowLeft", what: "Explain: hop before", run: () => goTo(step - 1) },
      { keys: "ArrowRight", what: "Explain: next hop", run: () => goTo(step + 1) },
    ],
    [step, count, route.value],
  );
  return (
    <div class="explain-screen">
      <div class="question-part">
        <h1>Explain a frame</h1>
        <QuestionForm
          state={state}
          isAsking={isAsking}
          onAsk={(question) => {
            change({ ...question, step: 0 }, false);
            setRound(round + 1);
          }}
        />
      </div>
      <div class="answer-part">
        {problem && <Problem problem={problem} retry={() => setRound(round + 1)} />}
        {explanation && <VerdictView explanation={explanation} />}
        {!explanation && !problem && (
          <p class="explain-intro muted">
            Which policies copy a frame, to which monitors, on which way, and why others do not.
            Nothing is sent: the rules on the switches are computed with the frame.
          </p>
        )}
        <ExplainMap explanation={explanation} step={step} onPlace={(at) => change({ at }, true)} />
        {explanation && <AnswerView explanation={explanation} step={step} onStep={goTo} />}
      </div>
    </div>
  );
}
