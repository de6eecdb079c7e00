// SPDX-License-Identifier: Apache-2.0
import { DELIVERY_FORMS, type MeasuredForm } from "../test/policy/on-ovs/delivery-forms.ts";
import { DpdkEngine } from "./dataplane/dpdk-engine.ts";
import type { Engine } from "./dataplane/engine.ts";
import { LoadedRow } from "./dataplane/loaded-row.ts";
import { UserspaceEngine } from "./dataplane/userspace-engine.ts";
import { median } from "./report.ts";

const SIZES = [64, 128, 256, 512, 1024, 1500];

/**
 * What a frame costs the data plane, with the tables that OpenVTAP installs: no tap, Open vSwitch's own
 * mirror, and each form of copy, measured in turn, so that all share the machine's condition. On OVS-DPDK;
 * where that does not run, on the userspace datapath. Figures are processor time of the one thread that
 * handles frames on all switches, so other load on the machine counts little.
 *
 * Arguments: repetitions (5), milliseconds of each measurement (200), the frame sizes with commas between
 * them (64 to 1500), `userspace` for the userspace datapath in any case.
 */
export async function run(args: string[]): Promise<void> {
  const repetitions = Number(args[0] ?? 5);
  const milliseconds = Number(args[1] ?? 200);
  const sizes = args[2]?.split(",").map(Number) ?? SIZES;
  const engine = await startEngine(args[3] === "userspace");
  // What the engine holds (huge pages, a directory) does not end with the process.
  process.once("SIGINT", () => engine.stop().finally(() => process.exit(130)));
  try {
    console.log(`\n${engine.name}\n${repetitions} times ${milliseconds} ms each, in turn\n`);
    console.log(
      inColumns(["bytes", "form", "ns", "least", "most", "Mpps", "× no tap", "× mirror"]),
    );
    const row = await LoadedRow.build(engine);
    for (const size of sizes) {
      await row.frameSize(size);
      report(size, await measureAll(row, repetitions, milliseconds));
    }
  } finally {
    await engine.stop();
  }
}

/** OVS-DPDK; where it does not run, the userspace datapath, whose name says why. */
async function startEngine(isUserspace: boolean): Promise<Engine> {
  if (isUserspace) return UserspaceEngine.start("as requested");
  try {
    return await DpdkEngine.start();
  } catch (cause) {
    return UserspaceEngine.start(`OVS-DPDK does not run here: ${String(cause).trim()}`);
  }
}

/** Nanoseconds of processor time for one frame, by form and repetition. */
type Costs = ReadonlyMap<MeasuredForm, readonly number[]>;

async function measureAll(
  row: LoadedRow,
  repetitions: number,
  milliseconds: number,
): Promise<Costs> {
  const costs = new Map(DELIVERY_FORMS.map((form) => [form, [] as number[]]));
  for (let n = 0; n < repetitions; n++) {
    for (const [form, list] of costs) {
      await row.install(form);
      list.push(await row.measure(form, milliseconds));
    }
  }
  return costs;
}

function report(size: number, costs: Costs): void {
  const all = [...costs];
  const noTap = all.find(([{ monitor }]) => monitor === undefined)?.[1];
  for (const [form, list] of all) {
    const mirror = all.find(
      ([each]) => each.mirror !== undefined && each.monitor === form.monitor,
    )?.[1];
    console.log(
      inColumns([
        String(size),
        form.name,
        ...[median(list), Math.min(...list), Math.max(...list)].map((value) => value.toFixed(1)),
        (1000 / median(list)).toFixed(2),
        ratio(list, noTap),
        ratio(list, mirror),
      ]),
    );
  }
}

/** The median of the ratios of each repetition, and how far they are apart. */
function ratio(costs: readonly number[], others: readonly number[] | undefined): string {
  if (others === undefined || others === costs) return "";
  const ratios = costs.map((cost, n) => cost / (others[n] ?? Number.NaN));
  const [low, high] = [Math.min(...ratios), Math.max(...ratios)];
  return `${median(ratios).toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

function inColumns(cells: readonly string[]): string {
  const widths = [5, 21, 8, 8, 8, 6, 20, 20];
  return cells
    .map((cell, at) => (at === 1 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
    .join("  ");
}
