#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { handleSignals } from "./server/signals.ts";

// Before everything else is loaded, which takes some hundred milliseconds: until then a signal has its default
// effect. A client command ends at once, as any command does.
const signals = process.argv[2] === "serve" ? handleSignals() : undefined;
const { runCommand } = await import("./server/run-command.ts");
process.exitCode = await runCommand(signals);
