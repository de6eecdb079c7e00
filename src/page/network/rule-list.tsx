// SPDX-License-Identifier: Apache-2.0
import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import type { PolicyPlanView } from "../../contract/observation/policy-plan.ts";
import type { PolicyRowsView } from "../../contract/observation/policy-rows.ts";
import type { SwitchDetail } from "../../contract/switches.ts";
import { route, setQuery } from "../app/route.ts";
import { rowsPath } from "../data/policy-list.ts";
import { CopyButton } from "../ui/copy-button.tsx";
import { plural } from "../ui/format.ts";
import { useResource } from "../ui/use-resource.ts";
import { useVirtualRows } from "../ui/use-virtual-rows.ts";
import { filteredRules, groupsOf, groupText, ruleKey, ruleText } from "./rule-text.ts";

/** The rules and groups that a switch has confirmed, as `ovs-ofctl` writes them, with a filter. */
export function RuleList({ entry }: { readonly entry: SwitchDetail }) {
  const { rule = "", category = "", of = "" } = route.value.query;
  const path = of === "" ? undefined : `/policies/${encodeURIComponent(of)}/plan`;
  const { value: plan, problem } = useResource<PolicyPlanView>(path);
  const keys = useMemo(() => {
    const held = plan?.switches.find(({ dpid }) => dpid === entry.dpid);
    return plan && new Set(held?.rules.map(ruleKey));
  }, [plan, entry.dpid]);
  const rules = useMemo(
    () => filteredRules(entry.rules, { text: rule, category, ...(keys && { keys }) }),
    [entry.rules, rule, category, keys],
  );
  const isFiltered = rule !== "" || category !== "" || keys !== undefined;
  const groups = isFiltered ? groupsOf(rules, entry.groups) : entry.groups;
  const categories = [...new Set(entry.rules.map((each) => each.category))].sort();
  const lines = [...rules.map(ruleText), ...groups.map(groupText)];
  return (
    <section class="rule-list">
      <header>
        <h2>Rules and groups</h2>
        <span class="muted">
          {isFiltered ? `${rules.length} of ` : ""}
          {plural(entry.rules.length, "rule")}, {plural(groups.length, "group")}
        </span>
        <span class="spacer" />
        <CopyButton text={() => lines.join("\n")} label="Copy as text" />
      </header>
      <div class="rule-filter">
        <input
          type="search"
          class="field"
          aria-label="Filter the rules by words or cookie"
          placeholder="Filter: words or cookie"
          spellcheck={false}
          value={rule}
          onInput={(event) => setQuery({ rule: event.currentTarget.value })}
        />
        <select
          class="field"
          aria-label="Category"
          value={category}
          onChange={(event) => setQuery({ category: event.currentTarget.value })}
        >
          <option value="">All categories</option>
          {categories.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
        <PolicyField id={of} isWrong={problem !== undefined} />
      </div>
      {lines.length === 0 ? (
        <p class="muted">
          {isFiltered ? "No rule has all of this." : "The switch has confirmed no rule yet."}
        </p>
      ) : (
        <Lines lines={lines} />
      )}
    </section>
  );
}

const MOST_SUGGESTED = 20;

/** The policy whose rules are shown; empty: those of all. */
function PolicyField({ id, isWrong }: { readonly id: string; readonly isWrong: boolean }) {
  const list = useId();
  const [text, setText] = useState(id);
  useEffect(() => setText(id), [id]);
  const path = rowsPath({ q: `id:"${text.replaceAll('"', "")}"`, limit: MOST_SUGGESTED });
  const ids = useResource<PolicyRowsView>(path).value?.columns.id ?? [];
  return (
    <>
      <input
        type="search"
        class="field"
        aria-label="Policy"
        placeholder="Policy: all"
        aria-invalid={isWrong}
        title={isWrong ? `There is no policy "${id}"` : undefined}
        list={list}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onChange={(event) => setQuery({ of: event.currentTarget.value })}
      />
      <datalist id={list}>
        {ids.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </>
  );
}

const LINE = 20;

/** Any number of lines, of which those in view are in the document. */
function Lines({ lines }: { readonly lines: readonly string[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualRows({
    ...{ count: lines.length, scroller, rowHeight: LINE, headHeight: 0 },
    keyOf: (index) => `${index} ${lines[index]}`,
  });
  const longest = lines.reduce((most, { length }) => Math.max(most, length), 0);
  return (
    <section ref={scroller} class="lines mono" tabIndex={0} aria-label="Rules and groups as text">
      <div
        class="lines-inner"
        style={{ height: `${virtual.totalHeight}px`, minWidth: `${longest + 2}ch` }}
      >
        {virtual.items.map(({ index, start, key }) => (
          <p key={key} style={{ top: `${start}px` }}>
            {lines[index]}
          </p>
        ))}
      </div>
    </section>
  );
}
