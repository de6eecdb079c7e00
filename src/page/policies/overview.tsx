// SPDX-License-Identifier: Apache-2.0
import type { PolicyView } from "../../contract/policies.ts";
import type { CountersDetailView } from "../../contract/policy-counters.ts";
import { PolicyRates } from "../chart/policy-rates.tsx";
import { type PolicyRow, partyLabel } from "../data/policy-row.ts";
import { PolicyWay } from "../map/policy-way.tsx";
import { formatAge, formatCount, formatShare, formatTime, UNKNOWN } from "../ui/format.ts";
import { Problem, sentence } from "../ui/problem.tsx";
import { Terms } from "../ui/terms.tsx";
import { useResource } from "../ui/use-resource.ts";
import { policyPath } from "./actions.ts";
import { DirectionMark, Origin } from "./cells.tsx";
import { filterSummary } from "./columns.ts";
import { HealthPanel } from "./health-panel.tsx";
import { Reasons } from "./reasons.tsx";

interface OverviewProps {
  readonly policy: PolicyView;
  readonly row: PolicyRow;
}

export function Overview({ policy, row }: OverviewProps) {
  return (
    <div class="panels">
      {row.reasons.length > 0 && (
        <section class="panel wide">
          <h2>Why it is {row.state}</h2>
          <Reasons row={row} />
        </section>
      )}
      <PolicyRates id={policy.id} />
      <section class="panel way-panel">
        <h2>Way</h2>
        <PolicyWay id={policy.id} />
      </section>
      <Copies policy={policy} />
      <HealthPanel policy={policy} />
      <section class="panel">
        <h2>Terms</h2>
        <PolicyTerms policy={policy} row={row} />
      </section>
    </div>
  );
}

function PolicyTerms({ policy, row }: OverviewProps) {
  const text = (value: unknown) => (value === undefined ? undefined : String(value));
  const copy = (policy.copy ?? {}) as Readonly<Record<string, unknown>>;
  const rows: readonly (readonly [string, preact.ComponentChildren])[] = [
    ["Sender", partyLabel(row.sender)],
    ["Direction", <DirectionMark key="direction" direction={row.direction} />],
    ["Receiver", partyLabel(row.receiver)],
    ["Filters", filterSummary(row) || "every frame"],
    ["Except", policy.exclude === undefined ? undefined : JSON.stringify(policy.exclude)],
    ["Monitors", row.monitors.join(", ")],
    ["Delivery", row.delivery],
    ["Truncate", copy.truncate === undefined ? undefined : `first ${copy.truncate} bytes`],
    ["Limit", copy.rateLimit === undefined ? undefined : JSON.stringify(copy.rateLimit)],
    ["Sample", text(copy.sample)],
    ["Ends", policy.expiresAt === undefined ? undefined : formatTime(String(policy.expiresAt))],
    ["Project", text(policy.project)],
    ["Description", text(policy.description)],
    ["Reason", text(policy.reason)],
    ["Requester", policy.requester],
    ["Origin", <Origin key="origin" origin={row.origin} owner={row.owner} />],
    ["Revision", `${policy.revision}, ${formatAge(policy.updatedAt, Date.now())}`],
  ];
  return <Terms rows={rows} />;
}

function Copies({ policy }: Pick<OverviewProps, "policy">) {
  const { value, problem, reload } = useResource<CountersDetailView>(
    `${policyPath(policy.id)}/counters`,
    [policy.counters.readAt],
  );
  const total = policy.counters;
  const isKnown = total.readAt !== null;
  return (
    <section class="panel">
      <h2>Copies</h2>
      {problem && problem.status !== 404 && <Problem problem={problem} retry={reload} />}
      <table class="figures">
        <thead>
          <tr>
            <th scope="col">Monitor</th>
            <th scope="col">Copied</th>
            <th scope="col">Delivered</th>
            <th scope="col">Lost</th>
          </tr>
        </thead>
        <tbody>
          {value?.monitors.map(({ monitor, copied, delivered, loss }) => (
            <tr key={monitor}>
              <th scope="row">{monitor}</th>
              <td>{formatCount(copied.packets)}</td>
              <td>{formatCount(delivered.packets)}</td>
              <td>{formatShare(loss.packets, copied.packets)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">All</th>
            <td>{isKnown ? formatCount(total.copied.packets) : UNKNOWN}</td>
            <td>{isKnown ? formatCount(total.delivered.packets) : UNKNOWN}</td>
            <td>{isKnown ? formatShare(total.loss.packets, total.copied.packets) : UNKNOWN}</td>
          </tr>
        </tfoot>
      </table>
      <p class="muted small">
        {total.readAt === null
          ? "No switch that holds its rules has been read yet."
          : sentence(
              `since ${formatTime(total.since)}, read ${formatAge(total.readAt, Date.now())}${total.exact ? "" : "; not exact: see the documentation of counters"}`,
            )}
      </p>
    </section>
  );
}
