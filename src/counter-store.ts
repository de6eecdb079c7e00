import type { CounterStore, Totals } from "./controller/index.ts";
import type { PolicyId } from "./policy/index.ts";
import type { CounterRecords, StoredTotals } from "./store/index.ts";

/** Counters on disk as the controller keeps them. */
export function counterStore(records: CounterRecords): CounterStore {
  return {
    async load() {
      const { policies, entries } = await records.load();
      return {
        policies: policies.map(({ id, total, monitors, ...rest }) => ({
          ...rest,
          ...totalsOf(total),
          id: id as PolicyId,
          monitors: mapValues(monitors, totalsOf),
        })),
        entries: entries.map(({ dpid, part, readings }) => ({
          dpid,
          part,
          records: readings.map(({ cookie, group, ...rest }) => ({
            ...rest,
            cookie: BigInt(`0x${cookie}`),
            group: group < 0 ? undefined : group,
          })),
        })),
      };
    },
    write: ({ policies, removed, entries }) =>
      records.write({
        policies: policies.map(({ id, born, since, trails, monitors, ...total }) => {
          const stored = mapValues(monitors, storedTotals);
          return { id, born, since, trails, total: storedTotals(total), monitors: stored };
        }),
        removed,
        entries: entries.map(({ dpid, part, records: readings }) => ({
          dpid,
          part,
          readings: readings.map(({ cookie, group, ...rest }) => ({
            ...rest,
            cookie: cookie.toString(16).padStart(16, "0"),
            group: group ?? -1,
          })),
        })),
      }),
  };
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
