// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from "node:child_process";

/** Something that the demo creates outside its own process, and that must not outlive it. */
export type Resource =
  | { readonly kind: "process"; readonly pid: number }
  | { readonly kind: "namespace"; readonly name: string }
  | { readonly kind: "link"; readonly name: string }
  | { readonly kind: "directory"; readonly path: string };

/** Prefix of the demo's network namespaces. */
export const NAMESPACE_PREFIX = "openvtap-";
/** Prefix of the demo's network devices (a device name has at most 15 characters). */
export const LINK_PREFIX = "vtd-";

const LOCK = "/run/openvtap-demo.lock";

/**
 * Records everything that is created, and removes it in reverse order when its standard input ends:
 * when the demo finishes, and also when the demo dies, SIGKILL included.
 *
 * `$1` is a lock file or empty. Machine-wide names (namespaces, links) are only used under the lock, so
 * everything that has such a name when the lock is taken was left behind by a demo that died.
 */
const SCRIPT = `
trap '' INT TERM HUP PIPE
remove() {
  case "$1" in
    process)
      kill "$2" 2>/dev/null
      for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
        kill -0 "$2" 2>/dev/null || break
        sleep 0.1
      done
      kill -9 "$2" 2>/dev/null ;;
    namespace)
      pids=$(ip netns pids "$2" 2>/dev/null) && [ -n "$pids" ] && kill -9 $pids 2>/dev/null
      ip netns del "$2" 2>/dev/null ;;
    link) ip link del "$2" 2>/dev/null ;;
    directory) rm -rf "$2" ;;
  esac
}
if [ -n "$1" ]; then
  exec 9>"$1" && flock -w 5 9 || { echo locked; exit 1; }
  for name in $(ip netns list | cut -d' ' -f1 | grep '^${NAMESPACE_PREFIX}'); do remove namespace "$name"; done
  for path in /sys/class/net/${LINK_PREFIX}*; do [ -e "$path" ] && remove link "\${path##*/}"; done
fi
echo ready
made=""
while IFS= read -r line; do made="$line
$made"; done
printf '%s' "$made" | while read -r kind what; do remove "$kind" "$what"; done
`;

/** Removes what the demo created, however the demo ends. */
export class Janitor {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /**
   * Starts the janitor. `exclusive`: for machine-wide names. Waits five seconds for a demo that is
   * ending, removes what a killed one left behind, and returns undefined while another demo runs.
   */
  static async start({ exclusive }: { exclusive: boolean }): Promise<Janitor | undefined> {
    // Detached: a signal from the terminal does not reach it.
    const child = spawn("sh", ["-c", SCRIPT, "sh", exclusive ? LOCK : ""], {
      stdio: ["pipe", "pipe", "ignore"],
      detached: true,
    });
    child.stdin?.on("error", () => {});
    const said = await new Promise<string>((resolve, reject) => {
      child.once("error", reject);
      child.stdout?.once("data", (chunk) => resolve(String(chunk).trim()));
      child.once("exit", () => resolve("gone"));
    });
    return said === "ready" ? new Janitor(child) : undefined;
  }

  /** Call before creating the resource; a note for a resource that was never created is harmless. */
  note(resource: Resource): void {
    if (!this.#process.stdin?.writable) throw new Error("the demo is already cleaning up");
    this.#process.stdin.write(`${resource.kind} ${nameOf(resource)}\n`);
  }

  /** Removes everything; resolves when that is done. */
  finish(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#process.exitCode !== null) resolve();
      else {
        this.#process.once("exit", () => resolve());
        this.#process.stdin?.end();
      }
    });
  }
}

function nameOf(resource: Resource): string {
  switch (resource.kind) {
    case "process":
      return String(resource.pid);
    case "namespace":
    case "link":
      return resource.name;
    case "directory":
      return resource.path;
  }
}
