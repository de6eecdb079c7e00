// SPDX-License-Identifier: Apache-2.0
import type { CounterStore, EntryRecord, Totals } from "../../controller/index.ts";
import type { PolicyId } from "../../policy/index.ts";
import { mapInSlices, YieldTimer } from "../../runtime/index.ts";
import type {
  CounterRecords,
  PolicyCountersRecord,
  ReadingsRecord,
  StoredReading,
  StoredTotals,
} from "../../store/index.ts";

/** Adapts counter records on disk to the controller's counter store. */
export function counterStore(records: CounterRecords): CounterStore {
  return {
    async load() {
      const { policies, entries } = await records.load();
      return {
        policies: await mapInSlices(policies, ({ id, total, monitors, ...rest }) => ({
          ...rest,
          ...totalsOf(total),
          id: id as PolicyId,
          monitors: mapValues(monitors, totalsOf),
        })),
        entries: await mapInSlices(entries, ({ dpid, part, readings }) => {
          return { dpid, part, records: readings.map(entryRecord) };
        }),
      };
    },
    async write({ policies, removed, entries }) {
      const yieldTimer = new YieldTimer();
      const stored: PolicyCountersRecord[] = [];
      for (const { copied, delivered, lost, monitors, ...rest } of policies) {
        if (yieldTimer.shouldYield) await yieldTimer.yieldNow();
        const each = mapValues(monitors, storedTotals);
        const total = storedTotals({ copied, delivered, lost });
        stored.push({ ...rest, total, monitors: each });
      }
      const parts: ReadingsRecord[] = [];
      for (const { dpid, part, records: readings } of entries) {
        if (yieldTimer.shouldYield) await yieldTimer.yieldNow();
        parts.push({ dpid, part, readings: readings.map(storedReading) });
      }
      await records.write({ policies: stored, removed, entries: parts });
    },
  };
}

function asPolicyId(id: string): PolicyId {
  return id as PolicyId;
}

function entryRecord({ cookie, group, waiting, ...rest }: StoredReading): EntryRecord {
  return {
    ...rest,
    cookie: BigInt(`0x${cookie}`),
    group: group < 0 ? undefined : group,
    waiting: waiting.map((each) => ({ ...each, policies: each.policies.map(asPolicyId) })),
  };
}

function storedReading({ cookie, group, ...rest }: EntryRecord): StoredReading {
  return { ...rest, cookie: cookie.toString(16).padStart(16, "0"), group: group ?? -1 };
}

function mapValues<T, U>(of: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(of).map(([key, value]) => [key, map(value)]));
}

function totalsOf([copied, copiedBytes, delivered, deliveredBytes, lost]: StoredTotals): Totals {
  return {
    copied: { packets: copied, bytes: copiedBytes },
    delivered: { packets: delivered, bytes: deliveredBytes },
    lost,
  };
}

function storedTotals({ copied, delivered, lost }: Totals): StoredTotals {
  return [copied.packets, copied.bytes, delivered.packets, delivered.bytes, lost];
}
