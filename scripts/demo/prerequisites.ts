import { spawn } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Complaint } from "./complaint.ts";

/** What the demo runs, and the Debian package that has it. */
const PACKAGES: Readonly<Record<string, string>> = {
  "ovs-vswitchd": "openvswitch-switch",
  ip: "iproute2",
  ethtool: "ethtool",
  tcpdump: "tcpdump",
  ping: "iputils-ping",
  curl: "curl",
};

const FOLDERS = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];

/** Whether a program is installed. */
export function isInstalled(program: string): boolean {
  return FOLDERS.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Checks that the product is built and installs the programs that are missing, or says which. */
export async function prepare(
  programs: readonly string[],
  options: { readonly root: string; readonly say: (line: string) => void; signal: AbortSignal },
): Promise<void> {
  if (!existsSync(join(options.root, "dist/main.js"))) {
    throw new Complaint("dist/main.js is missing: run `npm ci`, which builds it, first");
  }
  const missing = programs.filter((program) => !isInstalled(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => PACKAGES[program] ?? program))];
  const byHand = `install ${missing.join(", ")} (on Debian: sudo apt-get install ${packages.join(" ")})`;
  if (process.getuid?.() !== 0 || !isInstalled("apt-get")) throw new Complaint(byHand);
  options.say(`installing ${packages.join(", ")} …`);
  await aptGet(["update"], options.signal);
  await aptGet(["install", "-y", "--no-install-recommends", ...packages], options.signal);
  const still = missing.filter((program) => !isInstalled(program));
  if (still.length > 0) throw new Complaint(byHand);
}

function aptGet(args: readonly string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const child = spawn("apt-get", ["-qq", ...args], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
      signal,
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
      else reject(new Complaint(`apt-get ${args.join(" ")} failed:\n${output.trim()}`));
    });
  });
}
