// SPDX-License-Identifier: Apache-2.0
import type { PlannedWays } from "../../contract/observation/policy-plan.ts";
import { href } from "../app/hash.ts";
import type { PolicyRow } from "../data/policy-row.ts";
import { hosts, rates } from "../data/store.ts";
import { plural } from "../ui/format.ts";
import { lookOf } from "./model/hues.ts";
import { formatRate } from "./model/traffic.ts";
import type { PlanEntry } from "./plans.ts";

interface WaySummaryProps {
  readonly id: string;
  /** Undefined: not read yet. */
  readonly row: PolicyRow | undefined;
  readonly hue: number;
  readonly entry: PlanEntry | undefined;
  readonly onClose: () => void;
}

/** A selected policy in words: where it taps, which way copies go, what arrives. */
export function WaySummary({ id, row, hue, entry, onClose }: WaySummaryProps) {
  const rate = rates.value?.policies.get(id);
  return (
    <section class={`way-summary hue-${lookOf(hue).hue}`} aria-label={`Policy ${id}`}>
      <header>
        <h2>
          <a href={href(["policies", id])}>{row?.name || id}</a>
        </h2>
        <button
          type="button"
          class="button quiet icon-only"
          aria-label={`Take ${id} off the map`}
          onClick={onClose}
        >
          <span class="glyph" aria-hidden="true">
            ✕
          </span>
        </button>
      </header>
      <dl class="way-figures">
        <Figure name="Copied" value={rate?.copiedPps} />
        <Figure name="Delivered" value={rate?.deliveredPps} />
        <Figure name="Lost" value={rate?.lostPps} isBad={(rate?.lostPps ?? 0) > 0} />
      </dl>
      <Ways entry={entry} />
      {row?.reasons.map((reason) => (
        <p key={reason} class="reason">
          {reason}
        </p>
      ))}
    </section>
  );
}

function Ways({ entry }: { readonly entry: PlanEntry | undefined }) {
  if (!entry) return null;
  if (!entry.plan) {
    const isMissing = entry.problem?.status === 404;
    return (
      <p class="muted">
        {isMissing
          ? "This controller does not report the ways of policies."
          : `The way could not be read: ${entry.problem?.detail}`}
      </p>
    );
  }
  const { ways, tapPoints } = entry.plan;
  if (ways.length === 0) {
    return (
      <p class="muted">
        {tapPoints.length === 0
          ? "It is not installed: no tap point, no way."
          : "Copies cross no link: the monitors are on the switches that make them."}
      </p>
    );
  }
  return (
    <ul class="ways">
      {[...new Map(ways.map((way) => [wayKey(way), way])).entries()].map(
        ([key, { monitor, from, to, links }]) => (
          <li key={key}>
            {hostName(monitor)}
            <span class="muted">
              {from.switch === to.switch ? `on ${to.switch}` : `${from.switch} → ${to.switch}`}
            </span>
            <span class="muted number">{plural(links.length, "link")}</span>
          </li>
        ),
      )}
    </ul>
  );
}

/** A monitor by the name of its host, where the policy gives the address. */
function hostName(monitor: string): string {
  return hosts.value?.get(monitor)?.name ?? monitor;
}

/** Ways that differ in their marking only are one on the map. */
function wayKey({ monitor, from, links }: PlannedWays["ways"][number]): string {
  return [monitor, from.dpid, ...links.map((link) => `${link.from.dpid}/${link.from.port}`)].join(
    " ",
  );
}

function Figure({
  name,
  value,
  isBad = false,
}: {
  readonly name: string;
  readonly value: number | null | undefined;
  readonly isBad?: boolean;
}) {
  return (
    <div class={isBad ? "tone-bad" : ""}>
      <dt>{name}</dt>
      <dd>{formatRate(value, "pps")}</dd>
    </div>
  );
}
