// SPDX-License-Identifier: Apache-2.0
import type { ScenarioPlan } from "./scenario.ts";

type Cabled = Pick<ScenarioPlan, "switches" | "links">;

/** s1 - s2 */
export const TWO_SWITCHES: Cabled = {
  switches: ["s1", "s2"],
  links: [["s1", 10, "s2", 10]],
};

/** s1 - s2 - s3 */
export const THREE_SWITCHES: Cabled = {
  switches: ["s1", "s2", "s3"],
  links: [
    ["s1", 10, "s2", 10],
    ["s2", 11, "s3", 10],
  ],
};

/** The sender h1 - s1 - s2 - the receiver h2 and the monitor h3 */
export const TAPPED_PAIR: ScenarioPlan = {
  ...TWO_SWITCHES,
  hosts: [
    [1, "s1", 1],
    [2, "s2", 2],
    [3, "s2", 3],
  ],
};

/** The senders h1 and h4 - s1 - s2 - the receiver h2 and the monitor h3 */
export const TWO_SENDERS: ScenarioPlan = {
  ...TWO_SWITCHES,
  hosts: [
    [1, "s1", 1],
    [4, "s1", 4],
    [2, "s2", 2],
    [3, "s2", 3],
  ],
};
