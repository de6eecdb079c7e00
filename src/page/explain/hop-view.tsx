// SPDX-License-Identifier: Apache-2.0
import { Button } from "../ui/button.tsx";
import { Badge } from "../ui/state-badge.tsx";
import type { HopSend, HopStep } from "./answer/hops.ts";
import { ByteView } from "./byte-view.tsx";

interface HopViewProps {
  readonly steps: readonly HopStep[];
  readonly current: number;
  readonly onStep: (index: number) => void;
}

/** One switch of the way: the rules that the frame matches, and what is sent. */
export function HopView({ steps, current, onStep }: HopViewProps) {
  const step = steps[current];
  if (!step) return null;
  return (
    <section class="hop" aria-label="Hop by hop">
      <header>
        <Button
          kind="plain"
          icon="◀"
          label="Hop before (←)"
          disabled={current === 0}
          onClick={() => onStep(current - 1)}
        />
        <Button
          kind="plain"
          icon="▶"
          label="Next hop (→)"
          disabled={current === steps.length - 1}
          onClick={() => onStep(current + 1)}
        />
        <h2 aria-live="polite">
          <span class="hop-number">{current + 1}</span> {step.title}
          <Kind kind={step.kind} />
        </h2>
        <span class="muted">
          {current + 1} of {steps.length}
        </span>
      </header>
      <h3>Rules that match</h3>
      {step.rules.length === 0 && <p class="muted">None: the switch drops the frame.</p>}
      {step.rules.map((rule) => (
        <div key={`${rule.table} ${rule.priority} ${rule.match}`} class="fired-rule">
          <p class="mono">
            <span class="muted">
              table={rule.table},priority={rule.priority}
            </span>
            {rule.match === "" ? "" : `,${rule.match}`}
            <br />
            <span class="muted">actions=</span>
            {rule.actions}
          </p>
          {rule.state !== "confirmed" && (
            <p>
              <Badge tone={rule.state === "refused" ? "bad" : "warn"} glyph="▲" word={rule.state} />{" "}
              {rule.detail}
            </p>
          )}
        </div>
      ))}
      <h3>{step.sends.length === 0 ? "Sends nothing" : "Sends"}</h3>
      <ul class="sends">
        {step.sends.map((sent, index) => (
          <li key={index}>
            <Sent sent={sent} before={step.frame} onStep={onStep} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Sent({
  sent,
  before,
  onStep,
}: {
  readonly sent: HopSend;
  readonly before: string;
  readonly onStep: (index: number) => void;
}) {
  const { next } = sent;
  return (
    <>
      <p class="sent-line">
        <Kind kind={sent.kind} /> {sent.to}
        {sent.mayDrop && <span class="muted">unless its rate limit drops it</span>}
        {next !== undefined && (
          <Button kind="quiet" onClick={() => onStep(next)}>
            Hop {next + 1}
          </Button>
        )}
      </p>
      <p class="muted">{sent.changes.length === 0 ? "unchanged" : sent.changes.join(" · ")}</p>
      {sent.changes.length > 0 && <ByteView before={before} after={sent.frame} />}
    </>
  );
}

function Kind({ kind }: { readonly kind: HopStep["kind"] }) {
  return <span class={`hop-kind kind-${kind}`}>{kind}</span>;
}
