// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef } from "preact/hooks";
import { href } from "../app/hash.ts";
import { useRowWindow } from "../data/policy-list.ts";
import type { PolicyRow } from "../data/policy-row.ts";
import { rates } from "../data/store.ts";
import { EmptyState } from "../ui/empty-state.tsx";
import { Problem } from "../ui/problem.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { StateBadge } from "../ui/state-badge.tsx";
import { useVirtualRows } from "../ui/use-virtual-rows.ts";
import { Eye } from "./eye.tsx";
import { lookOf } from "./model/hues.ts";
import { formatRate } from "./model/traffic.ts";
import type { PlanEntry } from "./plans.ts";

interface PolicyListProps {
  readonly selected: readonly string[];
  readonly hues: ReadonlyMap<string, number>;
  readonly plans: ReadonlyMap<string, PlanEntry>;
  /** `isAdded`: beside those selected before. */
  readonly onSelect: (id: string, isAdded: boolean) => void;
}

const ROW = 54;
const ARROWS = { forward: "→", reverse: "←", both: "⇄" } as const;

/** Policies beside the map: a selected one is drawn there. */
export function PolicyList(props: PolicyListProps) {
  const { selected, onSelect } = props;
  const list = useRowWindow({ q: "", sort: "id" });
  const { total, start: firstPlace, rows, problem } = list.known.value;
  const rowAt = (index: number): PolicyRow | undefined => rows[index - firstPlace];
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualRows({
    ...{ count: total ?? 0, scroller, rowHeight: ROW, headHeight: 0 },
    keyOf: (index) => rowAt(index)?.id ?? `~${index}`,
  });
  const [first, end] = [virtual.items[0]?.index ?? 0, (virtual.items.at(-1)?.index ?? 0) + 1];
  useEffect(() => list.show(first, end), [first, end]);
  if (total === undefined) {
    return problem ? (
      <Problem problem={problem} retry={() => list.refresh()} />
    ) : (
      <Skeleton lines={6} />
    );
  }
  if (total === 0) {
    return (
      <EmptyState
        title="No policy yet"
        actions={
          <a class="button primary" href={href(["policies"], { new: "1" })}>
            Create a policy
          </a>
        }
      >
        A policy says whose frames are copied, and to which monitors.
      </EmptyState>
    );
  }
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const at = rows.findIndex(({ id }) => id === selected.at(-1));
    const place = at < 0 ? 0 : Math.max(0, Math.min(total - 1, firstPlace + at + step));
    const next = rowAt(place);
    if (next) onSelect(next.id, false);
    virtual.scrollTo(place);
  };
  return (
    <div
      ref={scroller}
      class="policy-list"
      role="listbox"
      aria-label="Policies to show on the map"
      aria-multiselectable="true"
      tabIndex={0}
      aria-activedescendant={selected.length > 0 ? `on-map-${selected.at(-1)}` : undefined}
      onKeyDown={press}
    >
      <div
        class="policy-list-rows"
        role="presentation"
        style={{ height: `${virtual.totalHeight}px` }}
      >
        {virtual.items.map(({ index, start, key }) => {
          const row = rowAt(index);
          if (!row) return null;
          return (
            <PolicyItem key={key} {...props} row={row} top={start} count={total} index={index} />
          );
        })}
      </div>
    </div>
  );
}

interface PolicyItemProps extends PolicyListProps {
  readonly row: PolicyRow;
  readonly top: number;
  readonly index: number;
  readonly count: number;
}

function PolicyItem({ row, top, index, count, selected, hues, onSelect }: PolicyItemProps) {
  const { id, name, state, sender, receiver, direction, monitors } = row;
  const isSelected = selected.includes(id);
  const hue = lookOf(hues.get(id) ?? 0).hue;
  const rate = rates.value?.policies.get(id);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys.
    <div
      id={`on-map-${id}`}
      class={`policy-item${isSelected ? ` is-selected hue-${hue}` : ""}`}
      role="option"
      aria-selected={isSelected}
      aria-posinset={index + 1}
      aria-setsize={count}
      tabIndex={-1}
      style={{ top: `${top}px` }}
      onClick={(event) => onSelect(id, event.ctrlKey || event.metaKey || event.shiftKey)}
    >
      <span class="policy-line">
        <span class="on-map-name">{name === "" ? id : name}</span>
        <StateBadge state={state} />
      </span>
      <span class="policy-line muted">
        <span class="policy-ends">
          {shortLabel(sender)} {ARROWS[direction]} {shortLabel(receiver)} <Eye />{" "}
          {monitors.join(", ")}
        </span>
        <span class="number">{formatRate(rate?.copiedPps, "pps")}</span>
      </span>
    </div>
  );
}

/** A party by the first that identifies it: the list has no room for more. */
function shortLabel({ host, ip, mac }: PolicyRow["sender"]): string {
  return host || ip || mac || "any";
}
