// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { openLevelStore, PortRecords } from "../../../src/store/index.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

test("the ports of a switch survive a restart, and the last put wins", async () => {
  const directory = temporaryDirectory();
  const dpid = "00000000000000ab";
  const port = { no: 1, name: "eth0", hwAddr: 0xfa0000000001, up: true };
  const first = await openLevelStore(directory);
  await new PortRecords(first).put({ dpid, ports: [{ ...port, name: "old" }] });
  await new PortRecords(first).put({ dpid, ports: [port] });
  await first.close();
  const second = await openLevelStore(directory);
  expect(await new PortRecords(second).load()).toEqual([{ dpid, ports: [port] }]);
  await second.close();
});
