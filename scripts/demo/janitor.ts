import { type ChildProcess, spawn } from "node:child_process";

/** Something the demo makes outside its own process, and that must not survive it. */
export type Remains =
  | { readonly kind: "process"; readonly pid: number }
  | { readonly kind: "namespace"; readonly name: string }
  | { readonly kind: "link"; readonly name: string }
  | { readonly kind: "directory"; readonly path: string };

/** All network namespaces of the demo start with this. */
export const NAMESPACE_PREFIX = "openvtap-";
/** All network devices of the demo start with this (15 characters are all a device name may have). */
export const LINK_PREFIX = "vtd-";

const LOCK = "/run/openvtap-demo.lock";

/**
 * Takes a note of everything made, and when its standard input ends removes it, last made first. It
 * ends when the demo says so and also when the demo dies of anything, SIGKILL included.
 *
 * `$1` is a lock file or empty. Machine-wide names (namespaces, links) are only used under the lock,
 * so that whatever carries them when we get it was left behind by a demo that is gone.
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

/** Removes what the demo made, whatever happens to the demo. */
export class Janitor {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /**
   * Starts the janitor. `exclusive`: for machine-wide names; waits a moment for a demo that is just
   * ending, removes what a killed one has left, and gives undefined while another one runs.
   */
  static async start({ exclusive }: { exclusive: boolean }): Promise<Janitor | undefined> {
    // Detached: what ends us by way of the terminal does not reach it.
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

  /** To be called before the thing is made; what was never made does no harm. */
  note(remains: Remains): void {
    if (!this.#process.stdin?.writable) throw new Error("the demo is already being cleaned up");
    this.#process.stdin.write(`${remains.kind} ${nameOf(remains)}\n`);
  }

  /** Removes everything; resolves when it is gone. */
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

function nameOf(remains: Remains): string {
  switch (remains.kind) {
    case "process":
      return String(remains.pid);
    case "namespace":
    case "link":
      return remains.name;
    case "directory":
      return remains.path;
  }
}
