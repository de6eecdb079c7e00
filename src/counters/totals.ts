// SPDX-License-Identifier: Apache-2.0
/** Packets and their bytes. */
export interface Amount {
  readonly packets: number;
  readonly bytes: number;
}

/** Totals of copies. */
export interface Totals {
  /** Made by rewriting rules. */
  readonly copied: Amount;
  /** Arrived at the monitor's switch, or sent to the monitor directly. Never more than `copied`. */
  readonly delivered: Amount;
  /** Packets that are known not to have arrived. */
  readonly lost: number;
}

export const NO_TOTALS: Totals = {
  copied: { packets: 0, bytes: 0 },
  delivered: { packets: 0, bytes: 0 },
  lost: 0,
};

/** Totals that increase. Exact up to 9 PB, then to 16 significant digits. */
export class RunningTotal implements Totals {
  readonly copied: { packets: number; bytes: number };
  readonly delivered: { packets: number; bytes: number };
  lost: number;

  constructor({ copied, delivered, lost }: Totals = NO_TOTALS) {
    this.copied = { ...copied };
    this.delivered = { ...delivered };
    this.lost = lost;
  }

  addCopied({ packets, bytes }: Amount): void {
    this.copied.packets += packets;
    this.copied.bytes += bytes;
  }

  addDelivered({ packets, bytes }: Amount): void {
    this.delivered.packets += packets;
    this.delivered.bytes += bytes;
  }

  /** The totals as they are now. */
  snapshot(): Totals {
    const { copied, delivered, lost } = this;
    return { copied: { ...copied }, delivered: { ...delivered }, lost };
  }
}
