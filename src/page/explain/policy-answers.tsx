// SPDX-License-Identifier: Apache-2.0
import type { Explanation } from "../../contract/explain.ts";
import { href } from "../app/hash.ts";
import { StateBadge } from "../ui/state-badge.tsx";
import { listed, placeName, whyNot } from "./answer/verdict.ts";

/** Which policies copy the frame, and why others do not. */
export function PolicyAnswers({ explanation }: { readonly explanation: Explanation }) {
  const { copies, policies, unlistedPolicies } = explanation;
  const silent = whyNot(explanation);
  const copying = policies.filter(({ id }) => copies.some((copy) => copy.policies.includes(id)));
  return (
    <section class="policy-answers">
      {copying.length > 0 && <h2>Copied by</h2>}
      {copying.map(({ id, state }) => {
        const to = copies.filter((copy) => copy.policies.includes(id)).map(placeName);
        return (
          <div key={id} class="policy-answer">
            <p>
              <a href={href(["policies", id])}>{id}</a> <StateBadge state={state} />
            </p>
            <p class="muted">to {listed(to)}</p>
          </div>
        );
      })}
      {silent.length > 0 && <h2>Why not</h2>}
      {silent.map(({ policy, state, lines }) => (
        <div key={policy} class="policy-answer">
          <p>
            <a href={href(["policies", policy])}>{policy}</a> <StateBadge state={state} />
          </p>
          {lines.map((line) => (
            <p key={line} class="muted">
              {line}
            </p>
          ))}
        </div>
      ))}
      {unlistedPolicies > 0 && (
        <p class="muted">
          {unlistedPolicies} {unlistedPolicies === 1 ? "policy is" : "policies are"} farther from
          selecting it, and not listed.
        </p>
      )}
    </section>
  );
}
