// SPDX-License-Identifier: Apache-2.0
import type { MapGraph } from "./model/graph.ts";
import type { MapOverlay } from "./model/overlay.ts";
import { wayTexts } from "./view/way-text.ts";

interface WayWordsProps {
  readonly graph: MapGraph;
  readonly overlays: readonly MapOverlay[];
}

/** The ways on the map for screen readers: canvases have no text. */
export function WayWords({ graph, overlays }: WayWordsProps) {
  const texts = wayTexts(graph, overlays);
  if (texts.length === 0) return null;
  return (
    <ul class="way-words hidden-text" aria-label="Ways on the map">
      {[...new Set(texts)].map((text) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  );
}
