// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from "node:util";
import { UserError } from "../user-error.ts";

export const USAGE = `npm run demo -- [--once] [--rootless]

  --once      exit after the verdict: 0 if every frame arrived where it should, otherwise 1
  --rootless  simulate hosts instead of using network namespaces, even as root
`;

/** Options of the demo's command line. */
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
    throw new UserError(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}
