// SPDX-License-Identifier: Apache-2.0
/** Layouts of ordered networks: layers, chains and rings. */
import type { MapSwitch } from "../model/graph.ts";
import { CARD, GAP, heightOf, type Place } from "./boxes.ts";
import type { Component } from "./components.ts";

/** A layer with more switches takes several rows. */
const MOST_IN_ROW = 12;
/** Width to height of a layer that takes several rows. */
const ROW_RATIO = 2.2;
/** Between layers, for the links. */
const LAYER_GAP = 84;
const SWEEPS = 8;
const STEP = CARD.width + GAP;

/** Switches in rows by rank; hosts of the top rank stand above it. */
export function layeredPlaces(
  component: Component,
  ranks: readonly (readonly string[])[],
): Map<string, Place> {
  const byDpid = new Map(component.switches.map((each) => [each.dpid, each]));
  const ordered = ordersOf(component, ranks);
  const across = columnsOf(component, ordered);
  const places = new Map<string, Place>();
  let top = 0;
  for (const [rank, order] of ordered.entries()) {
    const isUp = rank === 0;
    for (const [index, row] of rowsOf(order).entries()) {
      const height = Math.max(...row.map((dpid) => heightIn(byDpid, dpid)));
      const y = isUp ? top + height - CARD.height / 2 : top + CARD.height / 2;
      const single = row.length === order.length;
      for (const [column, dpid] of row.entries()) {
        // Rows of one layer are staggered, so that links to the lower ones pass between the cards.
        const offset = column - (row.length - 1) / 2 + (index % 2 === 0 ? -0.25 : 0.25);
        const x = single ? (across.get(dpid) ?? 0) : offset * STEP;
        places.set(dpid, { x, y, isUp });
      }
      top += height + GAP;
    }
    top += LAYER_GAP - GAP;
  }
  return places;
}

function heightIn(switches: ReadonlyMap<string, MapSwitch>, dpid: string): number {
  const entry = switches.get(dpid);
  return entry ? heightOf(entry) : CARD.height;
}

function rowsOf(order: readonly string[]): readonly (readonly string[])[] {
  if (order.length <= MOST_IN_ROW) return [order];
  const width = Math.ceil(Math.sqrt(order.length * ROW_RATIO));
  return Array.from({ length: Math.ceil(order.length / width) }, (_, row) =>
    order.slice(row * width, (row + 1) * width),
  );
}

/** Orders within the ranks with few crossings: each switch near the middle of its neighbours. */
function ordersOf(
  { neighbours }: Component,
  ranks: readonly (readonly string[])[],
): readonly (readonly string[])[] {
  const orders = ranks.map((rank) => [...rank]);
  const position = new Map<string, number>();
  const number = (order: readonly string[]) => {
    for (const [index, dpid] of order.entries()) position.set(dpid, index / order.length);
  };
  orders.forEach(number);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const down = sweep % 2 === 0;
    for (let step = 1; step < orders.length; step++) {
      const at = down ? step : orders.length - 1 - step;
      const other = new Set(orders[down ? at - 1 : at + 1]);
      const order = orders[at];
      if (!order) continue;
      const middle = new Map(
        order.map((dpid) => {
          const near = (neighbours.get(dpid) ?? []).filter((each) => other.has(each));
          const own = position.get(dpid) ?? 0;
          return [
            dpid,
            near.length === 0 ? own : mean(near.map((each) => position.get(each) ?? 0)),
          ];
        }),
      );
      // A stable sort: equal ones keep the order of their names.
      order.sort((a, b) => (middle.get(a) ?? 0) - (middle.get(b) ?? 0));
      number(order);
    }
  }
  return orders;
}

/** Horizontal places: as near to the middle of the neighbours in other ranks as the least distances permit. */
function columnsOf(
  { neighbours }: Component,
  orders: readonly (readonly string[])[],
): Map<string, number> {
  const across = new Map<string, number>();
  for (const order of orders) {
    order.forEach((dpid, index) => {
      across.set(dpid, (index - (order.length - 1) / 2) * STEP);
    });
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const upward = sweep % 2 === 0;
    for (const order of upward ? [...orders].reverse() : orders) {
      const rank = new Set(order);
      const desired = order.map((dpid) => {
        const near = (neighbours.get(dpid) ?? []).filter((each) => !rank.has(each));
        return near.length === 0
          ? (across.get(dpid) ?? 0)
          : mean(near.map((each) => across.get(each) ?? 0));
      });
      for (const [index, x] of spaced(desired, STEP).entries()) {
        const dpid = order[index];
        if (dpid !== undefined) across.set(dpid, x);
      }
    }
  }
  return across;
}

/**
 * The values nearest to the desired ones (least squares) that keep a distance from each to the next: pooling of
 * adjacent violators.
 */
export function spaced(desired: readonly number[], distance: number): readonly number[] {
  const blocks: { sum: number; size: number }[] = [];
  for (const [index, value] of desired.entries()) {
    let block = { sum: value - index * distance, size: 1 };
    for (;;) {
      const last = blocks.at(-1);
      if (!last || last.sum / last.size <= block.sum / block.size) break;
      blocks.pop();
      block = { sum: last.sum + block.sum, size: last.size + block.size };
    }
    blocks.push(block);
  }
  return blocks
    .flatMap(({ sum, size }) => Array.from({ length: size }, () => sum / size))
    .map((value, index) => value + index * distance);
}

/** Switches in a row, far enough from each other for their links to show. */
export function chainPlaces(order: readonly string[]): Map<string, Place> {
  const step = CARD.width + 5 * GAP;
  return new Map(
    order.map((dpid, index) => [
      dpid,
      { x: (index - (order.length - 1) / 2) * step, y: 0, isUp: false },
    ]),
  );
}

/** Switches on an ellipse, the first at the top; hosts of the upper half stand above. */
export function ringPlaces(component: Component, order: readonly string[]): Map<string, Place> {
  const tallest = Math.max(...component.switches.map(heightOf));
  const size = order.length;
  // Neighbours have room for their cards with hosts, and for the link between them.
  const chord = Math.max(STEP + 5 * GAP, tallest + 3 * GAP);
  const radius = chord / 2 / Math.sin(Math.PI / size);
  return new Map(
    order.map((dpid, index) => {
      const angle = (2 * Math.PI * index) / size - Math.PI / 2 - (size === 4 ? Math.PI / 4 : 0);
      const y = radius * 0.75 * Math.sin(angle);
      return [dpid, { x: radius * 1.1 * Math.cos(angle), y, isUp: y < -1 }];
    }),
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
