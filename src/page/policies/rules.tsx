// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "preact/hooks";
import type { PolicyView } from "../../contract/policies.ts";
import type { PolicyDryRun } from "../../contract/policy-sets.ts";
import { href } from "../app/hash.ts";
import { type ProblemDocument, problemFrom, request } from "../data/rest.ts";
import { CopyButton } from "../ui/copy-button.tsx";
import { plural } from "../ui/format.ts";
import { Problem, sentence } from "../ui/problem.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { documentOf } from "./document.ts";

/** The rules that the policy needs on each switch, as the controller compiles them now. */
export function Rules({ policy }: { readonly policy: PolicyView }) {
  const [plan, setPlan] = useState<PolicyDryRun>();
  const [problem, setProblem] = useState<ProblemDocument>();
  const { revision } = policy;
  useEffect(() => {
    const abort = new AbortController();
    const options = { body: documentOf(policy), signal: abort.signal };
    request<PolicyDryRun>("POST", "/policies:validate", options).then(
      ({ body }) => setPlan(body),
      (error) => abort.signal.aborted || setProblem(problemFrom(error)),
    );
    return () => abort.abort();
  }, [policy.id, revision]);
  if (problem) return <Problem problem={problem} />;
  if (!plan) return <Skeleton lines={8} />;
  return (
    <div class="panels">
      <section class="panel">
        <h2>Frames are copied at</h2>
        {plan.tapPoints.length === 0 && <p class="muted">At no switch now.</p>}
        <ul class="plain-list">
          {plan.tapPoints.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      </section>
      {plan.unseen.length > 0 && (
        <section class="panel">
          <h2>Not seen</h2>
          <ul class="plain-list">
            {plan.unseen.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </section>
      )}
      {plan.overlaps.length > 0 && (
        <section class="panel">
          <h2>Other policies that copy some of the same frames</h2>
          <ul class="plain-list">
            {plan.overlaps.map(({ policy: other, what }) => (
              <li key={other + what}>
                <a href={href(["policies", other])}>{other}</a>: {what}
              </li>
            ))}
          </ul>
        </section>
      )}
      {plan.switches.map(({ dpid, switch: name, rules, groups, effects }) => {
        const text = [
          ...rules.map(
            ({ table, priority, match, actions }) =>
              `table=${table},priority=${priority},${match} actions=${actions}`,
          ),
          ...groups.map(
            ({ type, buckets }) =>
              `group type=${type} ${buckets.map((bucket) => `bucket=${bucket}`).join(",")}`,
          ),
        ].join("\n");
        return (
          <section class="panel wide" key={dpid}>
            <h2>
              <a href={href(["network", "switches", dpid])}>{name}</a>
              <span class="muted">
                {plural(rules.length, "rule")}
                {groups.length > 0 && `, ${plural(groups.length, "group")}`}
              </span>
              <span class="spacer" />
              <CopyButton text={text} />
            </h2>
            {effects.map((effect) => (
              <p key={effect}>{sentence(effect)}</p>
            ))}
            <pre class="rules" tabIndex={0}>
              {text}
            </pre>
          </section>
        );
      })}
    </div>
  );
}
