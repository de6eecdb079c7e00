// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { OvsDaemons } from "../../test/lab/daemons.ts";
import { UnixControl } from "../../test/lab/unixctl.ts";
import type { Engine } from "./engine.ts";
import { reserveHugepages } from "./hugepages.ts";
import { pcapFile } from "./pcap-file.ts";
import { unpackDpdk } from "./unpack-dpdk.ts";

/** Huge pages for the frames in ports and rings. */
const MEGABYTES = 512;

/** What is undone at the end, the first last. */
type Undo = (() => void | Promise<void>)[];

/**
 * OVS-DPDK: one PMD thread polls all ports, whose source never runs dry. The bridges are dummies, as in the
 * lab: a bridge's own port is no device of the machine, which would take root. The PMD thread is the same.
 */
export class DpdkEngine implements Engine {
  readonly name: string;
  readonly daemons: OvsDaemons;
  readonly control: UnixControl;
  readonly #undo: Undo;
  #stopped: Promise<void> | undefined;

  private constructor(name: string, daemons: OvsDaemons, control: UnixControl, undo: Undo) {
    this.name = name;
    this.daemons = daemons;
    this.control = control;
    this.#undo = undo;
  }

  /** Rejects where OVS-DPDK does not run. */
  static async start(): Promise<DpdkEngine> {
    const undo: Undo = [];
    try {
      const directory = await mkdtemp(join(tmpdir(), "openvtap-dpdk-"));
      undo.push(() => rm(directory, { recursive: true, force: true }));
      const hugepages = reserveHugepages(MEGABYTES);
      undo.push(() => hugepages.release());
      const vswitchd = await unpackDpdk(directory, MEGABYTES);
      const daemons = await OvsDaemons.start({ vswitchd, devices: "real" });
      undo.push(() => daemons.stop());
      const control = await UnixControl.open(daemons.controlSocket);
      undo.push(() => control.close());
      return new DpdkEngine(await nameOf(daemons, control), daemons, control, undo);
    } catch (cause) {
      await finish(undo);
      throw cause;
    }
  }

  sink(name: string): string[] {
    return port(`net_null_${name},no-rx=1`);
  }

  wire(name: string): [string[]] {
    // Each queue is a ring of its own, and the PMD thread does not send by the first.
    return [[...port(`net_ring_${name}`), "options:n_rxq=2"]];
  }

  async source(name: string, frames: readonly Uint8Array[]): Promise<string[]> {
    const path = join(this.daemons.directory, `${name}.source.pcap`);
    await writeFile(path, pcapFile(frames));
    return port(`net_pcap_${name},rx_pcap=${path},infinite_rx=1`);
  }

  load(milliseconds: number): Promise<void> {
    return delay(milliseconds);
  }

  async thread(): Promise<string> {
    const tasks = `/proc/${this.daemons.switchPid}/task`;
    for (const task of await readdir(tasks)) {
      const name = await readFile(join(tasks, task, "comm"), "utf8");
      if (name.startsWith("pmd-")) return join(tasks, task);
    }
    throw new Error("OVS-DPDK has no PMD thread");
  }

  stop(): Promise<void> {
    this.#stopped ??= finish(this.#undo);
    return this.#stopped;
  }
}

function port(devargs: string): string[] {
  return ["type=dpdk", `options:dpdk-devargs=${devargs}`];
}

async function finish(undo: Undo): Promise<void> {
  for (let next = undo.pop(); next !== undefined; next = undo.pop()) await next();
}

async function nameOf(daemons: OvsDaemons, control: UnixControl): Promise<string> {
  const version = /\d\S*/.exec(await control.call("version"))?.[0];
  const database = `--db=unix:${join(daemons.directory, "db.sock")}`;
  const row = ["get", "Open_vSwitch", ".", "dpdk_version"];
  const dpdk = (await daemons.exec("ovs-vsctl", [database, ...row])).replace(/["\n]/g, "");
  return `Open vSwitch ${version}, ${dpdk}, one PMD thread`;
}
