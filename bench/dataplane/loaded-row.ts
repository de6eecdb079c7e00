// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { dpidFromBigint } from "../../src/topology/index.ts";
import { installTables } from "../../test/lab/install-tables.ts";
import { bridgeCommands } from "../../test/lab/ovs-commands.ts";
import { waitFor } from "../../test/lab/wait-for.ts";
import type { MeasuredForm } from "../../test/policy/on-ovs/delivery-forms.ts";
import { type RowPort, segment, TappedRow } from "../../test/policy/on-ovs/tapped-row.ts";
import { portCounters, processorTime } from "./counters.ts";
import { type Engine, SECOND_END } from "./engine.ts";

/** The bridge between the switches: see `#addCable`. */
const CABLES = "cables";
/** Flows of which frames enter in turn. */
const FLOWS = 256;
const WARM_UP_MS = 50;
/** Counters of two ports are not read at the same moment, and the last copies are still on their way. */
const TOLERANCE = 0.25;
/** Processor time of the loaded thread in which its counters are to be read. */
const READ_NS = 1_000_000;
const READS = 10;

/** What happened between two readings. */
interface Window {
  readonly nanoseconds: number;
  /** Frames that the receiver got. */
  readonly frames: number;
  /** Undefined: the form makes none. */
  readonly copies: number | undefined;
  /** Frames that ports could not send. */
  readonly dropped: number;
}

/** A row of two switches under load from h1 to h2. */
export class LoadedRow {
  readonly #engine: Engine;
  readonly #row = new TappedRow(2);
  /** The last command that made or removed a mirror. */
  #mirror = "";

  private constructor(engine: Engine) {
    this.#engine = engine;
  }

  static async build(engine: Engine): Promise<LoadedRow> {
    const row = new LoadedRow(engine);
    const names = [...row.#row.switches.map(({ name }) => name), CABLES];
    for (const [index, name] of names.entries()) {
      for (const command of bridgeCommands(name, dpidFromBigint(BigInt(index + 1)))) {
        await row.#vsctl(...command);
      }
    }
    for (const { hosts } of row.#row.switches) {
      for (const host of hosts.filter(({ name }) => name !== "h1")) {
        await row.#addPort(host, engine.sink(host.name));
      }
    }
    for (const [index, ends] of row.#row.links.entries()) await row.#addCable(index, ends);
    return row;
  }

  /** From now on frames of this size enter. */
  async frameSize(size: number): Promise<void> {
    const h1 = this.#row.switches[0]?.hosts.find(({ name }) => name === "h1");
    if (h1 === undefined) throw new Error("no host h1");
    const frames = Array.from({ length: FLOWS }, (_, flow) => segment(1, 2, size, flow));
    await this.#vsctl("--if-exists", "del-port", h1.name);
    await this.#addPort(h1, await this.#engine.source(h1.name, frames));
  }

  /** Installs a form and returns when all its copies arrive. */
  async install(form: MeasuredForm): Promise<void> {
    for (const [name, flows] of this.#row.tables(form)) {
      await installTables(this.#engine.daemons, name, flows);
    }
    const command = this.#row.mirrorCommand(form);
    if (command.join() !== this.#mirror) await this.#vsctl(...command);
    this.#mirror = command.join();
    await this.#engine.control.call("revalidator/purge");
    const arrive = async () => this.#isWhole(await this.#window(form, WARM_UP_MS));
    await waitFor(arrive, { what: `the frames and copies of "${form.name}"`, everyMs: 0 });
  }

  /** Nanoseconds of processor time for each frame and its copies. */
  async measure(form: MeasuredForm, milliseconds: number): Promise<number> {
    const window = await this.#window(form, milliseconds);
    if (!this.#isWhole(window)) {
      throw new Error(`"${form.name}": copies were lost: ${JSON.stringify(window)}`);
    }
    return window.nanoseconds / window.frames;
  }

  #isWhole({ frames, copies, dropped }: Window): boolean {
    if (frames === 0 || dropped > 0) return false;
    return copies === undefined || Math.abs(copies / frames - 1) < TOLERANCE;
  }

  async #window(form: MeasuredForm, milliseconds: number): Promise<Window> {
    const thread = await this.#engine.thread();
    const before = await this.#read(thread, form);
    await this.#engine.load(milliseconds);
    const after = await this.#read(thread, form);
    return {
      nanoseconds: after.nanoseconds - before.nanoseconds,
      frames: after.frames - before.frames,
      dropped: after.dropped - before.dropped,
      copies: form.monitor && after.copies - before.copies,
    };
  }

  /** Reads all counters, again while the machine is too busy to read them together. */
  async #read(thread: string, form: MeasuredForm): Promise<Window & { readonly copies: number }> {
    for (let reads = 1; ; reads++) {
      const begin = await processorTime(thread);
      const ports = portCounters(await this.#engine.control.call("dpctl/show", "-s"));
      const end = await processorTime(thread);
      if (end - begin > READ_NS && reads < READS) continue;
      return {
        nanoseconds: (begin + end) / 2,
        frames: ports.get("h2")?.sent ?? 0,
        copies: ports.get(form.monitor ?? "")?.sent ?? 0,
        dropped: [...ports.values()].reduce((sum, { dropped }) => sum + dropped, 0),
      };
    }
  }

  /**
   * Two switches of one datapath, joined by patch ports, would be translated as one: what the first
   * rewrites and the last restores would cost nothing. So a bridge between them, itself joined by patch
   * ports, sends each frame out of the datapath and receives it again, as over a cable.
   */
  async #addCable(index: number, [a, b]: readonly [RowPort, RowPort]): Promise<void> {
    const inner = (end: RowPort, port: number) => ({ switch: CABLES, name: `${end.name}-c`, port });
    const [innerA, innerB] = [inner(a, index * 6 + 1), inner(b, index * 6 + 2)];
    for (const [outer, end] of [[a, innerA] as const, [b, innerB] as const]) {
      await this.#addPort(outer, ["type=patch", `options:peer=${end.name}`]);
      await this.#addPort(end, ["type=patch", `options:peer=${outer.name}`]);
    }
    await this.#addWire(innerA, innerB, index * 6 + 3);
    await this.#addWire(innerB, innerA, index * 6 + 5);
  }

  /** One direction of a cable. */
  async #addWire(from: RowPort, to: RowPort, port: number): Promise<void> {
    const name = `wire${port}`;
    const [out, back] = this.#engine.wire(name);
    await this.#addPort({ switch: CABLES, name, port }, out);
    if (back)
      await this.#addPort({ switch: CABLES, name: name + SECOND_END, port: port + 1 }, back);
    const arriving = back ? port + 1 : port;
    for (const [inPort, outPort] of [[from.port, port] as const, [arriving, to.port] as const]) {
      const flow = `in_port=${inPort},actions=output:${outPort}`;
      await this.#engine.daemons.exec("ovs-ofctl", ["-OOpenFlow14", "add-flow", CABLES, flow]);
    }
  }

  async #addPort(at: RowPort, settings: readonly string[]): Promise<void> {
    await this.#vsctl(
      ...["add-port", at.switch, at.name, "--", "set", "interface", at.name],
      ...[...settings, `ofport_request=${at.port}`],
    );
  }

  async #vsctl(...args: readonly string[]): Promise<void> {
    const { daemons } = this.#engine;
    const database = `--db=unix:${join(daemons.directory, "db.sock")}`;
    await daemons.exec("ovs-vsctl", [database, "--timeout=90", ...args]);
  }
}
