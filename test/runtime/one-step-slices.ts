// SPDX-License-Identifier: Apache-2.0
/** A slice that is over after one step. */
export function oneStep() {
  let isFirst = true;
  return {
    get shouldYield() {
      const isOver = !isFirst;
      isFirst = false;
      return isOver;
    },
  };
}
