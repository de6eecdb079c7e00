// SPDX-License-Identifier: Apache-2.0
/**
 * Switches in a process of their own, so that their cost is not measured as the controller's.
 * `PORT COUNT` connects COUNT simulated switches at once, one that never reads after its handshake, and
 * one that sends garbage repeatedly until standard input ends. Prints `connected` when all handshakes
 * have started.
 */
import { connect } from "node:net";
import { PretendSwitch } from "./pretend-switch.ts";

const [port = 0, count = 100] = process.argv.slice(2).map(Number);

/** Datapath id of the switch that never reads. */
const DEAF = 0xdeafn;

const switches = Array.from({ length: count }, (_, index) =>
  PretendSwitch.connect(port, BigInt(index + 1)),
);
const deaf = await PretendSwitch.connect(port, DEAF);
deaf.stopReadingAfterHandshake();
await Promise.all(switches);
garbage();
process.stdout.write("connected\n");
process.stdin.resume().on("end", () => process.exit(0));

/** A connection that begins with valid OpenFlow and continues with garbage; reconnects when closed. */
function garbage(): void {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  socket.resume();
  socket.on("close", () => setImmediate(garbage));
  socket.write(Buffer.from("0500000800000001", "hex"));
  socket.write(Buffer.alloc(64 * 1024, 0xa5));
}
