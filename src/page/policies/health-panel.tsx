// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";
import type { PolicyView, ProbeReport } from "../../contract/policies.ts";
import { type ProblemDocument, problemFrom, request } from "../data/rest.ts";
import { may } from "../data/session-state.ts";
import { isLive } from "../data/store.ts";
import { Button } from "../ui/button.tsx";
import { formatAge } from "../ui/format.ts";
import { Problem, sentence } from "../ui/problem.tsx";
import { Badge, type BadgeProps } from "../ui/state-badge.tsx";
import { policyPath } from "./actions.ts";

const LOOKS: Readonly<Record<ProbeReport["health"]["state"], Omit<BadgeProps, "word">>> = {
  healthy: { tone: "good", glyph: "●" },
  degraded: { tone: "warn", glyph: "◐" },
  failing: { tone: "bad", glyph: "✕" },
  unknown: { tone: "muted", glyph: "○" },
};

/** Whether copies arrive, as probes show it; a probe of every way can be sent now. */
export function HealthPanel({ policy }: { readonly policy: PolicyView }) {
  const [report, setReport] = useState<ProbeReport>();
  const [problem, setProblem] = useState<ProblemDocument>();
  const [isProbing, setProbing] = useState(false);
  const health = report?.health ?? policy.health;
  const probe = async () => {
    setProbing(true);
    setProblem(undefined);
    try {
      setReport((await request<ProbeReport>("POST", `${policyPath(policy.id)}:probe`)).body);
    } catch (error) {
      setProblem(problemFrom(error));
    } finally {
      setProbing(false);
    }
  };
  return (
    <section class="panel">
      <h2>
        Delivery <Badge {...LOOKS[health.state]} word={health.state} />
        <span class="spacer" />
        {may("POST /api/v1/policies/{id}:probe") && (
          <Button disabled={isProbing || !isLive.value} onClick={() => void probe()}>
            {isProbing ? "Probing…" : "Probe now"}
          </Button>
        )}
      </h2>
      {problem && <Problem problem={problem} />}
      {health.because.map((why) => (
        <p key={why}>{sentence(why)}</p>
      ))}
      <p class="muted small">
        {health.lastProbe === undefined
          ? "No way of its copies crosses links, or none has been probed yet."
          : `Last probe ${formatAge(health.lastProbe, Date.now())}${health.rttMs === undefined ? "" : `, ${health.rttMs.toFixed(1)} ms with the controller's connections`}.`}
      </p>
      {report && report.ways.length > 0 && (
        <table class="figures">
          <thead>
            <tr>
              <th scope="col">Way</th>
              <th scope="col">To</th>
              <th scope="col">Marking</th>
              <th scope="col">Result</th>
            </tr>
          </thead>
          <tbody>
            {report.ways.map(({ monitor, from, to, marking, state, rttMs }) => (
              <tr key={`${monitor} ${from} ${to}`}>
                <th scope="row">
                  {from} → {to}
                </th>
                <td>{monitor}</td>
                <td>{marking}</td>
                <td>
                  <Badge
                    {...LOOKS[state]}
                    word={rttMs === undefined ? state : `${rttMs.toFixed(1)} ms`}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
