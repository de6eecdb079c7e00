// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { OvsLab, waitFor } from "./index.ts";

let lab: OvsLab;

beforeAll(async () => {
  lab = await OvsLab.start();
  await lab.build({
    switches: [
      { name: "s1", hosts: [{ name: "h1", port: 1 }] },
      {
        name: "s2",
        hosts: [
          { name: "h2", port: 1 },
          { name: "h3", port: 2 },
        ],
      },
    ],
    links: [["s1", 10, "s2", 11]],
  });
  await lab.ofctl("add-flow", "s1", "in_port=1,actions=output:10");
  await lab.ofctl("add-flow", "s2", "in_port=11,actions=output:1,output:2");
});
beforeEach(() => lab.clear());
afterAll(() => lab.stop());

/** A frame of any length from 14 bytes, numbered so that no two are alike. */
function numberedFrame(number: number, length = 60): Uint8Array {
  const frame = new Uint8Array(length);
  frame.set([0xfa, 0, 0, 0, 0, 2, 0xfa, 0, 0, 0, 0, 1, 0x88, 0xb5]);
  new DataView(frame.buffer).setUint32(length - 4, number);
  return frame;
}

test("a frame crosses a link and leaves two ports bit for bit", async () => {
  const frame = numberedFrame(7, 1514);
  await lab.inject("h1", frame);
  expect(lab.frames("h2")).toEqual([frame]);
  expect(lab.frames("h3")).toEqual([frame]);
  expect(lab.frames("h1")).toEqual([]);
});

test("short frames are not padded", async () => {
  await lab.inject("h1", "fa0000000002fa000000000188b5");
  expect(lab.received()).toEqual({
    h2: ["fa0000000002fa000000000188b5"],
    h3: ["fa0000000002fa000000000188b5"],
  });
});

test("a burst of 1000 frames arrives whole and in order when inject returns", async () => {
  const frames = Array.from({ length: 1000 }, (_, number) => numberedFrame(number));
  await lab.inject("h1", frames);
  expect(lab.frames("h2")).toEqual(frames);
  expect(lab.frames("h3")).toEqual(frames);
});

test("frames meet the tables as they are now", async () => {
  for (let round = 0; round < 10; round++) {
    await lab.ofctl("add-flow", "s2", "in_port=11,actions=output:1");
    await lab.inject("h1", numberedFrame(1));
    await lab.ofctl("add-flow", "s2", "in_port=11,actions=output:2");
    await lab.inject("h1", numberedFrame(2));
  }
  await lab.ofctl("add-flow", "s2", "in_port=11,actions=output:1,output:2");
  expect(lab.frames("h2")).toEqual(Array(10).fill(numberedFrame(1)));
  expect(lab.frames("h3")).toEqual(Array(10).fill(numberedFrame(2)));
});

test("tables are dumped in ovs-ofctl syntax, bundles change them", async () => {
  await lab.addSwitch({ name: "s9" });
  await lab.bundle("s9", [
    "group add group_id=5,type=all,bucket=output:1",
    "flow add actions=group:5",
  ]);
  expect(await lab.dumpFlows("s9")).toEqual(["actions=group:5"]);
  expect(await lab.dumpGroups("s9")).toEqual(["group_id=5,type=all,bucket=actions=output:1"]);
});

test("a cut link passes nothing until it is back", async () => {
  await lab.cutLink("s1", 10);
  await lab.inject("h1", numberedFrame(1));
  await lab.restoreLink("s1", 10);
  await lab.inject("h1", numberedFrame(2));
  expect(lab.frames("h2")).toEqual([numberedFrame(2)]);
});

test("a restarted switch is empty and works", async () => {
  await lab.inject("h1", numberedFrame(1));
  await lab.restartSwitch("s1");
  expect(await lab.dumpFlows("s1")).toEqual([]);
  await lab.inject("h1", numberedFrame(2));
  await lab.ofctl("add-flow", "s1", "in_port=1,actions=output:10");
  await lab.inject("h1", numberedFrame(3));
  expect(lab.frames("h2")).toEqual([numberedFrame(1), numberedFrame(3)]);
});

test("an error names its command", async () => {
  await expect(lab.appctl("netdev-dummy/receive", "no-port", "00")).rejects.toThrow(
    /^netdev-dummy\/receive: no such dummy netdev/,
  );
});

test("nothing is left behind", async () => {
  const other = await OvsLab.start();
  expect(existsSync(other.directory)).toBe(true);
  await other.stop();
  expect(existsSync(other.directory)).toBe(false);
});

test("a killed process leaves nothing behind either", async () => {
  const script = `
    const { OvsLab } = await import(${JSON.stringify(new URL("./index.ts", import.meta.url).href)});
    console.log((await OvsLab.start()).directory);
  `;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script]);
  const directory = await new Promise<string>((resolve) => {
    child.stdout.once("data", (chunk) => resolve(String(chunk).trim()));
  });
  const pid = Number(readFileSync(join(directory, "ovs-vswitchd.pid"), "utf8"));
  child.kill("SIGKILL");
  await waitFor(() => !existsSync(directory), { what: "the lab's directory to go" });
  // Gone, or a zombie that its parent has not reaped.
  await waitFor(() => programOf(pid) === undefined, { what: "its daemon to end" });
});

/** The program a process runs; undefined when it has ended. */
function programOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return undefined;
  }
}
