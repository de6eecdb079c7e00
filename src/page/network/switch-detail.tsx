// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";
import type { ResyncView } from "../../contract/resync.ts";
import type { SwitchDetail as SwitchDetailView } from "../../contract/switches.ts";
import { href } from "../app/hash.ts";
import { type ProblemDocument, problemFrom, request } from "../data/rest.ts";
import { may } from "../data/session-state.ts";
import { hosts, isLive, recentEvents } from "../data/store.ts";
import { Button } from "../ui/button.tsx";
import { plural } from "../ui/format.ts";
import { Problem } from "../ui/problem.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { Badge } from "../ui/state-badge.tsx";
import { useResource } from "../ui/use-resource.ts";
import { PortTable } from "./port-table.tsx";
import { RuleList } from "./rule-list.tsx";
import { Session } from "./switch-table.tsx";

/** One switch: its session, ports, refused entries, and the rules it holds. */
export function SwitchDetail({ dpid }: { readonly dpid: string }) {
  const change = recentEvents.value.findLast(
    ({ event }) => "dpid" in event && (event.dpid === dpid || event.switch === dpid),
  )?.number;
  const { value, problem, isLoading, reload } = useResource<SwitchDetailView>(
    `/switches/${encodeURIComponent(dpid)}`,
    [change],
  );
  if (!value) {
    return problem ? (
      <div class="switch-detail">
        <Problem problem={problem} retry={reload} />
      </div>
    ) : (
      <Skeleton lines={10} />
    );
  }
  return (
    <div class="switch-detail" aria-busy={isLoading}>
      <p class="back-link">
        <a href={href(["network", "switches"])}>Switches</a>
      </p>
      <header>
        <h1>{value.name}</h1>
        <Session entry={value} />
        <span class="spacer" />
        <a class="button" href={href(["map"], { item: `switch:${value.dpid}` })}>
          Show on the map
        </a>
        <Resync entry={value} onDone={reload} />
      </header>
      <Facts entry={value} />
      <Troubles entry={value} />
      <section>
        <h2>Ports</h2>
        <PortTable entry={value} hosts={[...(hosts.value?.values() ?? [])]} />
      </section>
      <RuleList entry={value} />
    </div>
  );
}

function forwardingText(forwarding: SwitchDetailView["forwarding"]): string {
  if (typeof forwarding === "string") return forwarding;
  if ("table" in forwarding) return `table ${forwarding.table}`;
  const how = "mark" in forwarding.beside ? forwarding.beside.mark : "mirrors";
  return `beside another application (${how})`;
}

function Facts({ entry }: { readonly entry: SwitchDetailView }) {
  const { forwarding } = entry;
  const facts: readonly (readonly [string, string])[] = [
    ["Datapath id", entry.dpid],
    ["Peer", entry.address ? `${entry.address} (${entry.transport})` : "–"],
    ["Role", entry.role ?? "–"],
    ["Forwarding", forwardingText(forwarding)],
    ["Admission", `${entry.admission}: ${entry.admissionReason}`],
    ...(entry.forgedFrames === undefined
      ? []
      : [["Forged frames", String(entry.forgedFrames)] as const]),
    ...(entry.project === undefined ? [] : [["Project", entry.project] as const]),
    ...(entry.certificate === undefined ? [] : [["Certificate", entry.certificate] as const]),
  ];
  return (
    <dl class="fact-row">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Troubles({
  entry: { refused, overriding, markRead },
}: {
  readonly entry: SwitchDetailView;
}) {
  return (
    <>
      {markRead !== undefined && (
        <section class="troubled">
          <h2>
            <Badge tone="bad" glyph="✕" word="Nothing is tapped on this switch" />
          </h2>
          <p>{markRead}</p>
        </section>
      )}
      {refused !== undefined && refused.count > 0 && (
        <section class="troubled">
          <h2>
            <Badge tone="bad" glyph="✕" word={`${refused.count} entries refused`} />
          </h2>
          {refused.first.map(({ entry, reason }) => (
            <p key={entry}>
              <code>{entry}</code>
              <br />
              {reason}
            </p>
          ))}
          <More shown={refused.first.length} total={refused.count} />
        </section>
      )}
      {overriding !== undefined && overriding.count > 0 && (
        <section class="troubled">
          <h2>
            <Badge tone="warn" glyph="▲" word="Entries of other applications take frames first" />
          </h2>
          {overriding.first.map(({ table, priority, match, cookie, actions }) => (
            <p key={`${table} ${priority} ${match}`}>
              <code>
                cookie={cookie}, table={table}, priority={priority},{match} actions={actions}
              </code>
            </p>
          ))}
          <More shown={overriding.first.length} total={overriding.count} />
        </section>
      )}
    </>
  );
}

function More({ shown, total }: { readonly shown: number; readonly total: number }) {
  return total > shown ? <p class="muted">and {total - shown} more</p> : null;
}

/** Reads the switch's tables again, repairs them, and says what was different. */
function Resync({
  entry,
  onDone,
}: {
  readonly entry: SwitchDetailView;
  readonly onDone: () => void;
}) {
  const [isRunning, setRunning] = useState(false);
  const [result, setResult] = useState<ResyncView>();
  const [problem, setProblem] = useState<ProblemDocument>();
  if (!may("POST /api/v1/switches/{dpid}:resync")) return null;
  const run = async () => {
    setRunning(true);
    setProblem(undefined);
    try {
      const path = `/switches/${encodeURIComponent(entry.dpid)}:resync`;
      setResult((await request<ResyncView>("POST", path)).body);
      onDone();
    } catch (error) {
      setProblem(problemFrom(error));
    }
    setRunning(false);
  };
  return (
    <>
      <Button
        disabled={isRunning || !entry.connected || !isLive.value}
        why={entry.connected ? undefined : "The switch is not connected"}
        onClick={() => void run()}
      >
        {isRunning ? "Reading the switch…" : "Resync"}
      </Button>
      <span class="resync-result" role="status">
        {result && resyncText(result)}
      </span>
      {problem && <Problem problem={problem} retry={() => void run()} />}
    </>
  );
}

/** The outcome of a resync in a sentence. */
function resyncText({ state, drift }: ResyncView): string {
  switch (state) {
    case "inSync":
      return "In sync: the switch holds what it had confirmed.";
    case "repaired":
      return `Repaired: ${plural(drift?.missing ?? 0, "entry was", "entries were")} missing, ${drift?.changed ?? 0} changed, ${drift?.unexpected ?? 0} unexpected.`;
    case "underWay":
      return "Under way: it takes longer than the request waits.";
    case "notConnected":
      return "The switch is not connected; it is read when it connects.";
    default:
      throw new Error(state satisfies never);
  }
}
