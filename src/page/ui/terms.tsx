// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from "preact";

interface TermsProps {
  readonly rows: readonly (readonly [name: string, value: ComponentChildren])[];
}

/** Names with their values; one whose value is undefined is left out. */
export function Terms({ rows }: TermsProps) {
  return (
    <dl class="terms">
      {rows
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
