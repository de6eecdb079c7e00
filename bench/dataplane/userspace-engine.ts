// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { OvsDaemons } from "../../test/lab/daemons.ts";
import { UnixControl } from "../../test/lab/unixctl.ts";
import { waitFor } from "../../test/lab/wait-for.ts";
import { portCounters } from "./counters.ts";
import { type Engine, SECOND_END } from "./engine.ts";

/** A dummy port queues 100 frames and drops the rest; a wire takes fewer. */
const BURST = 16;

/**
 * The userspace datapath of the installed Open vSwitch with dummy ports. Its main thread handles one frame
 * a turn, so each turn of the main loop is part of every figure: differences between forms are smaller
 * than on OVS-DPDK.
 */
export class UserspaceEngine implements Engine {
  readonly name: string;
  readonly daemons: OvsDaemons;
  readonly control: UnixControl;
  #port = "";
  #burst: readonly string[] = [];

  private constructor(name: string, daemons: OvsDaemons, control: UnixControl) {
    this.name = name;
    this.daemons = daemons;
    this.control = control;
  }

  static async start(reason: string): Promise<UserspaceEngine> {
    const daemons = await OvsDaemons.start();
    try {
      const control = await UnixControl.open(daemons.controlSocket);
      const name = `userspace datapath, main loop included in all figures (${reason})`;
      return new UserspaceEngine(name, daemons, control);
    } catch (cause) {
      await daemons.stop();
      throw cause;
    }
  }

  sink(): string[] {
    return ["type=dummy"];
  }

  wire(name: string): [string[], string[]] {
    const socket = join(this.daemons.directory, `${name}.wire`);
    return [
      ["type=dummy", `options:stream=unix:${socket}`],
      ["type=dummy", `options:pstream=punix:${socket}`],
    ];
  }

  async source(name: string, frames: readonly Uint8Array[]): Promise<string[]> {
    this.#port = name;
    this.#burst = frames.slice(0, BURST).map((frame) => Buffer.from(frame).toString("hex"));
    return ["type=dummy"];
  }

  async load(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    let { received } = await this.#counters();
    while (performance.now() < end) {
      await this.control.call("netdev-dummy/receive", this.#port, ...this.#burst);
      received += this.#burst.length;
      const handled = async () => {
        const now = await this.#counters();
        return now.received >= received && now.underWay === 0;
      };
      await waitFor(handled, { what: "the datapath to handle a burst", everyMs: 1 });
    }
  }

  async thread(): Promise<string> {
    const pid = this.daemons.switchPid;
    return `/proc/${pid}/task/${pid}`;
  }

  async stop(): Promise<void> {
    this.control.close();
    await this.daemons.stop();
  }

  /** Frames that entered, and frames that a wire has not delivered yet. */
  async #counters(): Promise<{ received: number; underWay: number }> {
    const ports = portCounters(await this.control.call("dpctl/show", "-s"));
    let underWay = 0;
    for (const [name, { sent }] of ports) {
      underWay += sent - (ports.get(`${name}${SECOND_END}`)?.received ?? sent);
    }
    return { received: ports.get(this.#port)?.received ?? 0, underWay };
  }
}
