// SPDX-License-Identifier: Apache-2.0
import type { ComponentType } from "preact";

/** A screen: its name in the address, and the chunk that is read when it is first shown. */
export interface Screen {
  readonly name: string;
  readonly label: string;
  /** The second key of its shortcut: `g m`. */
  readonly key: string;
  readonly load: () => Promise<{ readonly default: ComponentType }>;
}

/** In the order of the navigation. */
export const SCREENS: readonly Screen[] = [
  { name: "map", label: "Map", key: "m", load: () => import("../map/screen.tsx") },
  { name: "policies", label: "Policies", key: "p", load: () => import("../policies/screen.tsx") },
  { name: "explain", label: "Explain", key: "x", load: () => import("../explain/screen.tsx") },
  { name: "network", label: "Network", key: "s", load: () => import("../network/screen.tsx") },
  { name: "events", label: "Events", key: "e", load: () => import("../events/screen.tsx") },
  { name: "about", label: "About", key: "a", load: () => import("../about/screen.tsx") },
];
