/**
 * The demo: a network of real Open vSwitch switches, the controller, real traffic, and a referee who
 * compares every frame that arrived anywhere with what was sent.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Complaint } from "./complaint.ts";
import { Demo } from "./demo.ts";
import { readOptions, USAGE } from "./options.ts";
import { Screen } from "./screen.ts";

const screen = new Screen();
const stop = new AbortController();

// A terminal that is gone must not keep us from cleaning up.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    // The janitor and the switches' supervisor see our end and clean up without us.
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  });
}

stopWithNpm();

process.exitCode = await main();

/**
 * A SIGTERM for npm ends npm and its shell and reaches nobody below. What is below (tsx, which runs
 * us) then has another parent.
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
    if (error instanceof Complaint) screen.complain(error.message);
    else screen.complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return 1;
  } finally {
    await demo?.end();
  }
}
