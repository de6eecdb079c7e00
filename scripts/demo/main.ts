// SPDX-License-Identifier: Apache-2.0
/**
 * The demo: a network of real Open vSwitch switches, the controller, real traffic, and a referee that
 * compares every received frame with the frames that were sent.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { UserError } from "../user-error.ts";
import { Demo } from "./demo.ts";
import { readOptions, USAGE } from "./options.ts";
import { Screen } from "./screen.ts";

const screen = new Screen();
const stop = new AbortController();

// A closed terminal must not prevent the clean-up.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    // The janitor and the switches' supervisor notice the exit and clean up by themselves.
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  });
}

stopWithNpm();

process.exitCode = await main();

/**
 * A SIGTERM to npm ends npm and its shell but does not reach their children. The child (tsx, this
 * process's parent) then has another parent: that is the signal to stop.
 */
function stopWithNpm(): void {
  if (process.env.npm_lifecycle_event === undefined || process.platform !== "linux") return;
  const npm = grandparent();
  setInterval(() => grandparent() === npm || stop.abort(), 500).unref();
}

function grandparent(): string | undefined {
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, "utf8");
    return /\) \S (\d+)/.exec(stat)?.[1];
  } catch {
    return undefined;
  }
}

async function main(): Promise<number> {
  let demo: Demo | undefined;
  try {
    const options = readOptions(process.argv.slice(2));
    if (options.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    demo = new Demo(options, screen, stop.signal);
    const good = await demo.play();
    if (!options.once) {
      demo.explore();
      if (!stop.signal.aborted) await once(stop.signal, "abort");
      screen.note("\n  cleaning up …");
    }
    return good ? 0 : 1;
  } catch (error) {
    if (stop.signal.aborted) {
      screen.note("\n  stopped; cleaning up …");
      return 130;
    }
    if (error instanceof UserError) screen.problem(error.message);
    else screen.problem(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return 1;
  } finally {
    await demo?.end();
  }
}
