import { parseArgs } from "node:util";
import { Complaint } from "./complaint.ts";

export const USAGE = `npm run demo -- [--once] [--rootless]

  --once      exit after the verdict: 0 when every frame is where it should be, else 1
  --rootless  switches without namespaces, even as root
`;

/** What the user wants of the demo. */
export interface DemoOptions {
  readonly once: boolean;
  readonly rootless: boolean;
  readonly help: boolean;
}

export function readOptions(args: readonly string[]): DemoOptions {
  try {
    const flag = { type: "boolean", default: false } as const;
    const options = { once: flag, rootless: flag, help: flag };
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new Complaint(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}
