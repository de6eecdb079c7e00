// SPDX-License-Identifier: Apache-2.0
import type { SwitchView } from "../../contract/switches.ts";

/** The entries that take frames before rules of OpenVTAP, printed below a table; empty without any. */
export function overridingLines(views: readonly SwitchView[]): string[] {
  return views.flatMap(({ name, overriding: { count, first } }) => {
    if (count === 0) return [];
    const entries = first.map(
      ({ table, priority, cookie, match, actions }) =>
        `  cookie=${cookie}, ${[`table=${table}`, `priority=${priority}`, match].filter(Boolean).join()} actions=${actions}`,
    );
    const more = count > first.length ? [`  and ${count - first.length} more`] : [];
    const what = count === 1 ? "entry of another application takes" : "foreign entries take";
    return [`${name}: ${count} ${what} frames before rules for taps`, ...entries, ...more];
  });
}
