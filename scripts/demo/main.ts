/**
 * The demo: a network of real Open vSwitch switches, the controller, real traffic, and a referee who
 * compares every frame that arrived anywhere with what was sent.
 */
import { setTimeout as delay } from "node:timers/promises";
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

process.exitCode = await main();

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
      while (!stop.signal.aborted)
        await delay(3_600_000, undefined, { signal: stop.signal }).catch(() => {});
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
