// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "preact/hooks";
import type { Explanation } from "../../contract/explain.ts";
import { type ProblemDocument, problemFrom, request } from "../data/rest.ts";
import { explainRequest, readFrameText } from "./question.ts";

/** The answer to the question of the address. */
export interface Answer {
  readonly explanation?: Explanation;
  readonly problem?: ProblemDocument;
  readonly isAsking: boolean;
}

const SILENT: Answer = { isAsking: false };

/** Asks whenever the question changes; without a readable frame nothing is asked. `round`: ask again. */
export function useExplanation(frame: string, at: string, to: string, round: number): Answer {
  const [answer, setAnswer] = useState<Answer>(SILENT);
  useEffect(() => {
    const read = readFrameText(frame);
    const asked = read.type === "fields" ? read.fields : read.type === "frames" && read.frames[0];
    if (!asked) {
      setAnswer(SILENT);
      return undefined;
    }
    const abort = new AbortController();
    setAnswer(({ explanation }) => ({ isAsking: true, ...(explanation && { explanation }) }));
    const body = explainRequest(asked, { at, to });
    request<Explanation>("POST", "/explain", { body, signal: abort.signal }).then(
      ({ body: explanation }) => setAnswer({ explanation, isAsking: false }),
      (error) => {
        if (!abort.signal.aborted) setAnswer({ problem: problemFrom(error), isAsking: false });
      },
    );
    return () => abort.abort();
  }, [frame, at, to, round]);
  return answer;
}
