// SPDX-License-Identifier: Apache-2.0
import type { PolicyDryRun } from "../../../contract/policy-sets.ts";
import { MemberValue } from "../member-value.tsx";

type PolicyDiff = NonNullable<PolicyDryRun["diff"]>;

/** What the draft changes of the policy that is there: its members, its state, and who gets copies. */
export function MemberChanges({ diff }: { readonly diff: PolicyDiff }) {
  const { revision, members, changes } = diff;
  const outcomes = changes.filter(({ what }) => what === "state" || what === "copies");
  if (members.length + changes.length === 0) {
    return <p class="muted">Nothing differs from revision {revision}.</p>;
  }
  return (
    <>
      <h3>Against revision {revision}</h3>
      <dl class="member-changes">
        {members.map(({ member, before, after }) => (
          <Change
            key={member}
            name={member}
            before={before === undefined ? [] : [before]}
            after={after === undefined ? [] : [after]}
          />
        ))}
        {outcomes.map(({ what, before, after }) => (
          <Change key={`=${what}`} name={OUTCOMES[what] ?? what} before={before} after={after} />
        ))}
      </dl>
    </>
  );
}

const OUTCOMES: Readonly<Record<string, string>> = { state: "→ state", copies: "→ copies to" };

interface ChangeProps {
  readonly name: string;
  readonly before: readonly unknown[];
  readonly after: readonly unknown[];
}

/** The signs say for all what the colours say. */
function Change({ name, before, after }: ChangeProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {before.map((value) => (
          <del key={JSON.stringify(value)}>
            <span class="sign">− </span>
            <MemberValue value={value} />
          </del>
        ))}
        {after.map((value) => (
          <ins key={JSON.stringify(value)}>
            <span class="sign">+ </span>
            <MemberValue value={value} />
          </ins>
        ))}
      </dd>
    </div>
  );
}
