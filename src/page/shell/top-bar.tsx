// SPDX-License-Identifier: Apache-2.0
import type { PolicyState } from "../../contract/policies.ts";
import { href } from "../app/hash.ts";
import { nextTheme, setTheme, theme } from "../app/theme.ts";
import { policyCounts, status, switches } from "../data/store.ts";
import { Button } from "../ui/button.tsx";
import { ConnectionDot } from "./connection-dot.tsx";
import { HelpButton } from "./help.tsx";
import { SearchBox } from "./search-box.tsx";
import { SuspendButton } from "./suspension.tsx";
import { UserMenu } from "./user-menu.tsx";

/** Product, connection and counts: each count is a link to what it counts. */
export function TopBar() {
  return (
    <header class="top-bar">
      <a class="product" href={href(["map"])}>
        <Mark />
        OpenVTAP
      </a>
      <ConnectionDot />
      <Counts />
      <span class="spacer" />
      <SearchBox />
      <SuspendButton />
      <UserMenu />
      <Button
        kind="quiet"
        icon={{ system: "◐", light: "☀", dark: "☾" }[theme.value]}
        label={`Theme: ${theme.value}`}
        onClick={() => setTheme(nextTheme())}
      />
      <HelpButton />
    </header>
  );
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M3 12h26M16 12v7l7 7" />
      <circle cx="16" cy="12" r="4" />
    </svg>
  );
}

/** States that are worth attention, worst first; the others are in the total. */
const SHOWN: readonly PolicyState[] = ["active", "error", "degraded", "pending"];

function Counts() {
  const counts = policyCounts.value;
  const known = switches.value;
  const connected = known?.filter((each) => each.connected).length;
  const totals = status.value?.switches;
  if (!counts) return null;
  return (
    <div class="counts">
      <a href={href(["network"])}>
        <Amount value={connected ?? totals?.connected} of={known?.length} />{" "}
        {(known?.length ?? connected) === 1 ? "switch" : "switches"}
      </a>
      <a href={href(["policies"])}>
        <strong>{counts.total}</strong> {counts.total === 1 ? "policy" : "policies"}
      </a>
      {SHOWN.filter((state) => state === "active" || counts.byState[state] > 0).map((state) => (
        <a key={state} class={`tone-${state}`} href={href(["policies"], { q: `state:${state}` })}>
          <strong>{counts.byState[state]}</strong> {state}
        </a>
      ))}
    </div>
  );
}

function Amount({
  value,
  of,
}: {
  readonly value: number | undefined;
  readonly of?: number | undefined;
}) {
  if (value === undefined) return <strong>–</strong>;
  return <strong>{of === undefined || of === value ? value : `${value}/${of}`}</strong>;
}
