// SPDX-License-Identifier: Apache-2.0
import { useEffect } from "preact/hooks";
import type { PolicyView } from "../../contract/policies.ts";
import { openEditor } from "../app/editing.ts";
import { href } from "../app/hash.ts";
import { useShortcuts } from "../app/keys.ts";
import { go, route, setQuery } from "../app/route.ts";
import { usePolicyRows } from "../data/policy-list.ts";
import { may } from "../data/session-state.ts";
import { recentEvents } from "../data/store.ts";
import { EventList } from "../events/event-list.tsx";
import { PreviewPanel } from "../preview/preview-panel.tsx";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { Problem } from "../ui/problem.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { StateBadge } from "../ui/state-badge.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { useResource } from "../ui/use-resource.ts";
import { PREVIEW, policyPath } from "./actions.ts";
import { documentOf } from "./document.ts";
import { Overview } from "./overview.tsx";
import { RowMenu } from "./row-menu.tsx";
import { Rules } from "./rules.tsx";

const TABS = [
  { id: "overview", label: "Overview" },
  { id: "rules", label: "Rules" },
  { id: "frames", label: "Frames" },
  { id: "events", label: "Events" },
  { id: "json", label: "JSON" },
] as const;

type TabId = (typeof TABS)[number]["id"];

/** One policy: its state and why, its terms, its copies, its rules and what has happened to it. */
export function PolicyDetail({ id }: { readonly id: string }) {
  const row = usePolicyRows([id])?.get(id);
  // Read again when it is written or changes its state: the row says so.
  const resource = useResource<PolicyView>(policyPath(id), [row?.revision, row?.state]);
  const { value: policy, problem, reload } = resource;
  const tabs = TABS.filter((tab) => tab.id !== "frames" || may(PREVIEW));
  const current = tabs.find((tab) => tab.id === route.value.query.tab)?.id ?? "overview";
  useShortcuts([
    { keys: "e", what: "Edit the policy", run: () => openEditor(id) },
    { keys: "Escape", what: "Back to the table", run: () => go(["policies"]) },
  ]);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && reload(), 5000);
    return () => clearInterval(timer);
  }, [reload]);
  if (problem?.status === 404) return <Gone id={id} />;
  if (!policy || !row)
    return problem ? <Problem problem={problem} retry={reload} /> : <Skeleton lines={10} />;
  return (
    <div class="detail">
      <header class="detail-head">
        <a class="back" href={href(["policies"])}>
          Policies
        </a>
        <h1>{id}</h1>
        <StateBadge state={policy.status.state} />
        {typeof policy.name === "string" && <span class="muted">{policy.name}</span>}
        <span class="spacer" />
        <Button onClick={() => openEditor(id)}>
          {policy.origin.kind === "file" ? "View" : "Edit"}
        </Button>
        <RowMenu row={row} />
      </header>
      <Tabs<TabId>
        label={`Parts of ${id}`}
        tabs={tabs}
        current={current}
        onChange={(tab) => setQuery({ tab: tab === "overview" ? undefined : tab })}
      />
      <div
        class="detail-body"
        role="tabpanel"
        id={`panel-${current}`}
        aria-labelledby={`tab-${current}`}
      >
        {current === "overview" && <Overview policy={policy} row={row} />}
        {current === "rules" && <Rules policy={policy} />}
        {current === "frames" && <PreviewPanel policy={policy} />}
        {current === "events" && <EventsOf id={id} />}
        {current === "json" && <Json policy={policy} />}
      </div>
    </div>
  );
}

function Gone({ id }: { readonly id: string }) {
  return (
    <EmptyState
      title={`There is no policy "${id}"`}
      actions={
        <a class="button primary" href={href(["policies"])}>
          Open the policies
        </a>
      }
    >
      It may have been deleted or never written.
    </EmptyState>
  );
}

function EventsOf({ id }: { readonly id: string }) {
  const own = recentEvents.value.filter(({ event }) => "id" in event && event.id === id);
  if (own.length === 0) {
    return <p class="muted">Nothing has happened to it since this page was opened.</p>;
  }
  return <EventList events={own} />;
}

function Json({ policy }: { readonly policy: PolicyView }) {
  const text = JSON.stringify(documentOf(policy), null, 2);
  return (
    <div class="code-panel">
      <div class="actions">
        <CopyButton text={text} />
      </div>
      <pre class="rules" tabIndex={0}>
        {text}
      </pre>
    </div>
  );
}
