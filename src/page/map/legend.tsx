// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from "preact";
import type { Motion } from "./draw/renderer.ts";
import { lookOf } from "./model/hues.ts";
import { formatRate } from "./model/traffic.ts";

interface LegendProps {
  /** Index of the hue of the only way; undefined: there are several, or none. */
  readonly hue: number | undefined;
  readonly motion: Motion;
  readonly hasRates: boolean;
  readonly hasOverlay: boolean;
  /** Whether a link is outside the spanning tree. */
  readonly hasOutside: boolean;
}

/** What lines and glyphs mean. Those of ways appear with the first way. */
export function Legend({ hue, motion, hasRates, hasOverlay, hasOutside }: LegendProps) {
  return (
    <ul class={`legend${hue === undefined ? "" : ` hue-${lookOf(hue).hue}`}`} aria-label="Legend">
      <Entry text={hasRates ? "link, wider with its rate" : "link"}>
        <path d="M1 8h26" class="stroke" />
      </Entry>
      {hasOutside && (
        <Entry text="outside the spanning tree">
          <path d="M1 8h26" class="stroke faint long-dashed" />
        </Entry>
      )}
      <Entry text="down">
        <path d="M1 8h26" class="stroke bad dashed" />
        <path d="M11 5l6 6m0-6l-6 6" class="stroke bad" />
      </Entry>
      <Entry text="not used">
        <path d="M1 8h26" class="stroke warn dotted" />
      </Entry>
      {hasOverlay && (
        <>
          <Entry text="original">
            <path d="M1 8h26" class="stroke text dotted" />
          </Entry>
          <Entry text="copy">
            <path d="M1 8h26M12 5l4 3-4 3" class="stroke hue" />
          </Entry>
          <Entry text="tap point">
            <path d="M14 2l6 6-6 6-6-6z" class="area hue" />
          </Entry>
          <Entry text="restored here">
            <path d="M14 2l6 6-6 6-6-6z" class="stroke hue" />
          </Entry>
        </>
      )}
      <Entry text="monitor">
        <path d="M6 8q8-8 16 0-8 8-16 0z" class="stroke text thin" />
        <circle cx="14" cy="8" r="2" class="area text" />
      </Entry>
      {motion.perDot !== undefined && !motion.isStill && (
        <Entry text={`1 dot ≈ ${formatRate(motion.perDot, "pps")} of copies`}>
          {[4, 14, 24].map((x) => (
            <circle key={x} cx={x} cy="8" r="2.6" class={`area ${hasOverlay ? "hue" : "accent"}`} />
          ))}
        </Entry>
      )}
    </ul>
  );
}

function Entry({
  text,
  children,
}: {
  readonly text: string;
  readonly children: ComponentChildren;
}) {
  return (
    <li>
      <svg viewBox="0 0 28 16" aria-hidden="true">
        {children}
      </svg>
      {text}
    </li>
  );
}
