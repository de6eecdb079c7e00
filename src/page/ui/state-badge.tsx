// SPDX-License-Identifier: Apache-2.0
import type { PolicyState } from "../../contract/policies.ts";

/** A state is shown by a glyph, a word and a colour: never by one of them alone. */
const GLYPHS: Readonly<Record<PolicyState, string>> = {
  active: "●",
  degraded: "◐",
  error: "✕",
  pending: "◌",
  disabled: "○",
  expired: "◷",
  suspended: "◫",
};

export function StateBadge({ state }: { readonly state: PolicyState }) {
  return <Badge tone={state} glyph={GLYPHS[state]} word={state} />;
}

export interface BadgeProps {
  /** A tone of styles/tokens.css: a state of a policy, or `good`, `warn`, `bad`, `muted`, `info`. */
  readonly tone: PolicyState | "good" | "warn" | "bad" | "muted" | "info";
  readonly glyph: string;
  readonly word: string;
}

/** The same for other objects: a switch is `connected`, a link `down`. */
export function Badge({ tone, glyph, word }: BadgeProps) {
  return (
    <span class={`badge tone-${tone}`}>
      <span class="glyph" aria-hidden="true">
        {glyph}
      </span>
      {word}
    </span>
  );
}
