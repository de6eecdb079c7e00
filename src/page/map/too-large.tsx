// SPDX-License-Identifier: Apache-2.0
import { href } from "../app/hash.ts";
import { Button } from "../ui/button.tsx";
import type { MapGraph } from "./model/graph.ts";

/** In place of the map of a network that is too large to be read as one. */
export function TooLarge({
  graph,
  onForce,
}: {
  readonly graph: MapGraph;
  readonly onForce: () => void;
}) {
  return (
    <section class="too-large" aria-label="Network">
      <h1>{graph.switches.size} switches</h1>
      <p class="muted">
        A map of so many is hard to read. The table of switches has them all, with a filter.
      </p>
      <div class="actions">
        <a class="button primary" href={href(["network"])}>
          Open the table
        </a>
        <Button onClick={onForce}>Show the map anyway</Button>
      </div>
    </section>
  );
}
