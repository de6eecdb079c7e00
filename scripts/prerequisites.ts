// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { UserError } from "./user-error.ts";

/** Programs that tests, benchmarks and the demo run, and the Debian package of each. */
const PACKAGES = {
  "ovs-vswitchd": "openvswitch-switch",
  "ovn-northd": "ovn-central",
  "ovn-controller": "ovn-host",
  tshark: "tshark",
  openssl: "openssl",
  chromium: "chromium",
  ip: "iproute2",
  ethtool: "ethtool",
  tcpdump: "tcpdump",
  ping: "iputils-ping",
  curl: "curl",
  os_ken: "python3-os-ken",
  "keystone-manage": "python3-keystone",
} as const;

/** Something to be installed: a program, or a Python module. */
export type Prerequisite = keyof typeof PACKAGES;

const FOLDERS = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
const PYTHON_MODULES = "/usr/lib/python3/dist-packages";

/** How prerequisites are installed. */
export interface InstallOptions {
  /** Reports progress, one line at a time. */
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Installs what is missing where this process may (root, with apt-get). Elsewhere throws a UserError
 * that names the packages and the command.
 */
export async function ensureInstalled(
  needed: readonly Prerequisite[],
  options: InstallOptions,
): Promise<void> {
  const missing = needed.filter((each) => !isInstalled(each));
  if (missing.length === 0) return;
  const packages = missing.map((each) => PACKAGES[each]);
  const byHand = `missing: ${missing.join(", ")}. Install on Debian: sudo apt-get install ${packages.join(" ")}`;
  if (process.getuid?.() !== 0 || !isProgram("apt-get")) throw new UserError(byHand);
  options.say(`apt-get install ${packages.join(" ")} …`);
  await aptGet(["update"], options.signal);
  await aptGet(["install", "-y", "--no-install-recommends", ...packages], options.signal);
  if (!needed.every(isInstalled)) throw new UserError(byHand);
}

function isInstalled(name: Prerequisite): boolean {
  return name === "os_ken" ? existsSync(join(PYTHON_MODULES, name)) : isProgram(name);
}

function isProgram(name: string): boolean {
  return FOLDERS.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Waits for another apt-get to end, for two minutes at most. */
function aptGet(args: readonly string[], signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("apt-get", ["-qq", "-o", "DPkg::Lock::Timeout=120", ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      stdio: ["ignore", "pipe", "pipe"],
      ...(signal ? { signal } : {}),
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        output = (output + String(chunk)).slice(-2000);
      });
    }
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code === 0) resolve();
      else reject(new UserError(`apt-get ${args.join(" ")} failed:\n${output.trim()}`));
    });
  });
}
