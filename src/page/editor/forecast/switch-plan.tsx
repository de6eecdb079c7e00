// SPDX-License-Identifier: Apache-2.0
import { plural } from "../../ui/format.ts";
import { sentence } from "../../ui/problem.tsx";
import type { SwitchChange } from "./switch-changes.ts";

const SIGNS = { added: "+", removed: "−", kept: " " } as const;

interface SwitchPlanProps {
  readonly change: SwitchChange;
  /** Whether there is a present policy to compare with. */
  readonly isCompared: boolean;
}

/** The rules of the policy on one switch; what is added and removed is marked by a sign and a colour. */
export function SwitchPlan({ change, isCompared }: SwitchPlanProps) {
  const { name, rules, added, removed, groups, effects } = change;
  const total = rules.filter((rule) => rule.change !== "removed").length;
  return (
    <details class="switch-plan" open={isCompared && added + removed > 0}>
      <summary>
        <strong>{name}</strong>{" "}
        {isCompared ? (
          <Difference added={added} removed={removed} total={total} />
        ) : (
          `+${plural(added, "rule")}${groups > 0 ? `, +${plural(groups, "group")}` : ""}`
        )}
      </summary>
      {effects.map((text) => (
        <p key={text} class="muted">
          {sentence(text)}
        </p>
      ))}
      <pre class="rules" tabIndex={0}>
        {rules.map((rule) => (
          <span
            key={rule.change + rule.text}
            class={isCompared ? `rule-${rule.change}` : undefined}
          >
            {isCompared && `${SIGNS[rule.change]} `}
            {rule.text}
            {"\n"}
          </span>
        ))}
      </pre>
    </details>
  );
}

interface DifferenceProps {
  readonly added: number;
  readonly removed: number;
  readonly total: number;
}

function Difference({ added, removed, total }: DifferenceProps) {
  if (added + removed === 0) return <>{plural(total, "rule")}, as now</>;
  const parts = [
    removed > 0 ? `−${plural(removed, "rule")}` : undefined,
    added > 0 ? `+${plural(added, "rule")}` : undefined,
  ];
  return <>{parts.filter((part) => part !== undefined).join(", ")}</>;
}
