// SPDX-License-Identifier: Apache-2.0
import type { RefusedEntriesView } from "../../contract/entries/refused-entries.ts";
import type { SwitchView } from "../../contract/switches.ts";

/** The number of entries that a switch refuses, in words. */
export function refusedText(count: number): string {
  return `${count} ${count === 1 ? "entry" : "entries"} refused or blocked`;
}

/** The refused entries of switches with reasons, printed below a table; empty without any. */
export function refusedLines(
  views: readonly { readonly name: string; readonly refused?: RefusedEntriesView }[],
): string[] {
  return views.flatMap(({ name, refused }) => {
    if (!refused) return [];
    const { count, first } = refused;
    const entries = first.map(({ entry, reason }) => `${entry}: ${reason}`);
    return entryLines(`${name}: ${refusedText(count)}`, entries, count);
  });
}

/** The entries that take frames before rules of OpenVTAP, printed below a table; empty without any. */
export function overridingLines(views: readonly SwitchView[]): string[] {
  return views.flatMap(({ name, overriding }) => {
    if (!overriding) return [];
    const { count, first } = overriding;
    const what = count === 1 ? "entry of another application takes" : "foreign entries take";
    const entries = first.map(({ table, priority, cookie, match, actions }) => {
      const place = [`table=${table}`, `priority=${priority}`, match].filter(Boolean).join();
      return `cookie=${cookie}, ${place} actions=${actions}`;
    });
    return entryLines(`${name}: ${count} ${what} frames before rules for taps`, entries, count);
  });
}

/** The first of `count` entries below a heading; empty if there are none. */
/** Why nothing is tapped beside other applications, printed below a table; empty where everything is. */
export function markLines(views: readonly SwitchView[]): string[] {
  return views.flatMap(({ name, markRead }) => {
    return markRead === undefined ? [] : [`${name}: nothing is tapped`, `  ${markRead}`];
  });
}

function entryLines(heading: string, entries: readonly string[], count: number): string[] {
  if (count === 0) return [];
  const more = count > entries.length ? [`  and ${count - entries.length} more`] : [];
  return [heading, ...entries.map((entry) => `  ${entry}`), ...more];
}
