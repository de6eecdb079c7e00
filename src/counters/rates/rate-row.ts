// SPDX-License-Identifier: Apache-2.0

/** The rates of one policy or link in the last sample; NaN: not known. */
export class RateRow {
  readonly values: Float64Array;
  /** The sample in which they last changed. */
  changedIn = 0;

  constructor(width: number) {
    this.values = new Float64Array(width).fill(Number.NaN);
  }

  /** Sets the values, to a tenth where they are small and to whole numbers where they are large. */
  set(values: readonly number[], sequence: number): void {
    // A new row is published once, whatever is in it.
    let isChanged = this.changedIn === 0;
    for (const [index, value] of values.entries()) {
      const rounded = value < 100 ? Math.round(value * 10) / 10 : Math.round(value);
      if (Object.is(this.values[index], rounded)) continue;
      this.values[index] = rounded;
      isChanged = true;
    }
    if (isChanged) this.changedIn = sequence;
  }
}
