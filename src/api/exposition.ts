// SPDX-License-Identifier: Apache-2.0
import type { Metric } from "../contract/metrics.ts";
import { YieldTimer } from "../runtime/index.ts";

/** Media type of the text below. */
export const EXPOSITION_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Metrics in the text format of Prometheus. `prefix` goes before every name. */
export async function exposition(metrics: readonly Metric[], prefix: string): Promise<string> {
  const turns = new YieldTimer();
  const lines: string[] = [];
  for (const { name, help, type, samples } of metrics) {
    const full = `${prefix}${name}`;
    lines.push(`# HELP ${full} ${escapeHelp(help)}\n# TYPE ${full} ${type}\n`);
    for (const { labels, value } of samples) {
      if (turns.shouldYield) await turns.yieldNow();
      lines.push(`${full}${labelText(labels)} ${value}\n`);
    }
  }
  return lines.join("");
}

function labelText(labels: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
