// SPDX-License-Identifier: Apache-2.0
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import type { SwitchProgram } from "../../test/lab/daemons.ts";

const run = promisify(execFile);

const PACKAGE = "openvswitch-switch-dpdk";
const PROGRAM = "usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk";
/** Drivers without hardware: the bus, memory, and the ports of the benchmark. */
const DRIVERS = ["mempool-ring", "bus-vdev", "net-pcap", "net-null", "net-ring"];

/**
 * Unpacks Debian's Open vSwitch with DPDK into a directory and says how it starts. Nothing is installed:
 * the machine's ovs-vswitchd stays what it is. `megabytes`: of huge pages. Rejects where apt-get does not
 * have the packages.
 */
export async function unpackDpdk(directory: string, megabytes: number): Promise<SwitchProgram> {
  const { stdout: depends } = await run("apt-cache", ["depends", PACKAGE]);
  const version = /librte-eal(\d+)/.exec(depends)?.[1];
  if (version === undefined) throw new Error(`apt-get has no package ${PACKAGE}`);
  const packages = [PACKAGE, ...DRIVERS.map((name) => `librte-${name}${version}`)];
  const dryRun = await run("apt-get", ["install", "-s", "--no-install-recommends", ...packages]);
  const missing = [...dryRun.stdout.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name ?? "");
  const needed = missing.filter((name) => name === PACKAGE || name.startsWith("lib"));
  if (needed.length > 0) await run("apt-get", ["download", ...needed], { cwd: directory });
  for (const file of readdirSync(directory).filter((name) => name.endsWith(".deb"))) {
    await run("dpkg", ["-x", join(directory, file), directory]);
  }
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.so\.\d+$/.test(name),
  );
  const unpacked = join(directory, PROGRAM);
  return {
    program: existsSync(unpacked) ? unpacked : join("/", PROGRAM),
    libraries: [...new Set(files.map((name) => join(directory, dirname(name))))],
    settings: settingsOf(files.filter(isDriver), megabytes),
  };
}

/** DPDK loads installed drivers by itself. */
function isDriver(file: string): boolean {
  return DRIVERS.some((name) => basename(file).startsWith(`librte_${name.replace("-", "_")}.so`));
}

function settingsOf(drivers: readonly string[], megabytes: number): string[] {
  // By name, not by path: DPDK refuses a path whose folders others may write to, such as /tmp.
  const load = drivers.map((file) => ` -d ${basename(file)}`).join("");
  return [
    "other_config:dpdk-init=true",
    `other_config:dpdk-extra="--no-pci --in-memory${load}"`,
    `other_config:dpdk-socket-mem="${megabytes}"`,
  ];
}
