// SPDX-License-Identifier: Apache-2.0
import type { Metric } from "../contract/metrics.ts";
import { YieldTimer } from "../runtime/index.ts";

/** Media type of the text below. */
export const EXPOSITION_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Length from which on a piece is sent. */
const PIECE_CHARACTERS = 64 * 1024;

/**
 * Metrics in the text format of Prometheus, in pieces that are made in slices of the event loop. `prefix`
 * goes before every name.
 */
export async function* exposition(
  metrics: readonly Metric[],
  prefix: string,
): AsyncGenerator<string> {
  const yields = new YieldTimer();
  let text = "";
  for (const { name, help, type, samples } of metrics) {
    const full = `${prefix}${name}`;
    text += `# HELP ${full} ${escapeHelp(help)}\n# TYPE ${full} ${type}\n`;
    for (const { labels, value } of samples) {
      text += `${full}${labelText(labels)} ${value}\n`;
      if (yields.shouldYield) await yields.yieldNow();
      if (text.length < PIECE_CHARACTERS) continue;
      yield text;
      text = "";
    }
  }
  yield text;
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
