// SPDX-License-Identifier: Apache-2.0
/** Layout of networks without an order: springs and repulsion, from a fixed start and with a fixed seed. */
import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type SimulationNodeDatum,
} from "d3-force";
import type { Point } from "./boxes.ts";

/** A component as numbers and text, so that it can be sent to a worker. */
export interface ForceTask {
  readonly nodes: readonly { readonly id: string; readonly radius: number }[];
  readonly links: readonly (readonly [string, string])[];
}

const TICKS = 300;

interface ForceNode extends SimulationNodeDatum {
  readonly id: string;
  readonly radius: number;
}

/** The point of each node, in the order of the task. Equal tasks have equal points. */
export function forcePoints({ nodes, links }: ForceTask): readonly Point[] {
  const data: ForceNode[] = nodes.map((node) => ({ ...node }));
  const simulation = forceSimulation(data)
    .randomSource(seededRandom())
    .force(
      "link",
      forceLink<ForceNode, { source: string; target: string }>(
        links.map(([source, target]) => ({ source, target })),
      )
        .id(({ id }) => id)
        .distance(210),
    )
    .force("charge", forceManyBody().strength(-1400))
    .force(
      "collide",
      forceCollide<ForceNode>(({ radius }) => radius),
    )
    .force("x", forceX(0).strength(0.05))
    // Screens are wider than high.
    .force("y", forceY(0).strength(0.09))
    .stop();
  simulation.tick(TICKS);
  return data.map(({ x = 0, y = 0 }) => ({ x: Math.round(x), y: Math.round(y) }));
}

/** A linear congruential generator (Numerical Recipes), from a fixed seed. */
function seededRandom(): () => number {
  let state = 1;
  return () => {
    state = (1_664_525 * state + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}
