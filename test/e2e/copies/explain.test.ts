// SPDX-License-Identifier: Apache-2.0
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tcp } from "../frames.ts";
import { h1, h2, h3 } from "../hosts.ts";
import { TAPPED_PAIR } from "../plans.ts";
import { Scenario } from "../scenario.ts";
import { runVtap } from "../vtap-process.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** Explanations of a frame, compared with what real switches do with it. */
describe("explanations of a frame", () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await Scenario.start({
      ...TAPPED_PAIR,
      policies: [
        {
          id: "web",
          sender: { mac: h1.mac },
          receiver: { mac: h2.mac },
          monitors: [{ mac: h3.mac }],
          filters: { tcp_dst: 80 },
        },
      ],
    });
  });
  afterAll(async () => {
    await scenario.stop();
  });

  test("agree with the switches: same ports, same bytes, confirmed rules", async () => {
    const frame = tcp(h1, h2, { src: 1, dst: 80 });
    const { status, body } = await scenario.vtap.request("POST", "/explain", {
      frame: hex(frame),
    });
    expect(status).toBe(200);
    expect(body.agreement).toEqual({ ok: true, problems: [] });
    expect(body.installed).toEqual({ state: "confirmed", reasons: [] });
    expect(body.policies).toMatchObject([{ id: "web", matches: true, state: "active" }]);
    const portsOf = (list: { port: number; frame?: string }[]) => list.map(({ port }) => port);
    expect([portsOf(body.originals), portsOf(body.copies)]).toEqual([[2], [3]]);
    await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
    // As the switch itself prints it.
    const shown = await scenario.lab.dumpFlows("s1");
    const [rule] = body.hops[0].rules;
    const text = ` priority=${rule.priority},${rule.match} actions=group:`;
    expect(shown.filter((line) => line.includes(text))).toHaveLength(1);
  });

  test("by the command, as text", async () => {
    const server = ["--server", `http://127.0.0.1:${scenario.vtap.httpPort}`];
    const to = [`eth_src=${h1.mac}`, `eth_dst=${h2.mac}`];
    const { code, stdout } = await runVtap(["explain", ...to, "tcp_dst=443", ...server]);
    expect(code).toBe(0);
    expect(stdout).toContain("web: no: filter tcp_dst does not hold: the frame has 443");
    expect(stdout).toContain("no copies");
    const copied = await runVtap(["explain", ...to, "tcp_dst=80", ...server]);
    expect(copied.stdout).toMatch(/copy {5}s2 port 3 .*bit-exact, for web/);
    const wrong = await runVtap(["explain", ...to, "tcp_dts=80", ...server]);
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      expect.stringContaining('did you mean "tcp_dst"?'),
    ]);
  });

  test("of a dry run: what a policy would do", async () => {
    const file = join(scenario.directory, "more.json");
    const all = { id: "all", sender: { host: "h1" }, receiver: { host: "h2" } };
    const policies = [{ ...all, monitors: [{ host: "h3" }] }];
    await writeFile(file, JSON.stringify({ policies }));
    const server = `http://127.0.0.1:${scenario.vtap.httpPort}`;
    const { code, stdout } = await runVtap(["apply", "--dry-run", file, "--server", server]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("all: would be active")]);
    expect(stdout).toContain("shares frames with web: a frame that both match goes to");
    expect(stdout).toContain("restored, bit for bit: eth_dst");
    expect((await scenario.vtap.get("/policies")).items).toHaveLength(1);
  });
});
