import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tcp } from "./frames.ts";
import { hostAddresses, Scenario } from "./scenario.ts";

const [h1, h2, h3] = [1, 2, 3].map((n) => hostAddresses(n)) as [End, End, End];
type End = ReturnType<typeof hostAddresses>;
const mac = (end: End) => ({ mac: end.mac });
const policy = (port: number) => ({
  id: `port-${port}`,
  sender: mac(h1),
  receiver: mac(h2),
  monitors: [mac(h3)],
  filters: { tcp_dst: port },
});

describe("kill -9 in the middle of writes and installs", () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await Scenario.start({
      switches: ["s1", "s2"],
      links: [["s1", 10, "s2", 10]],
      hosts: [
        [1, "s1", 1],
        [2, "s2", 2],
        [3, "s2", 3],
      ],
    });
  });
  afterAll(async () => {
    await scenario.stop();
  });

  test("what was acknowledged is there, the switches are as desired, originals never stop", async () => {
    const acknowledged = new Set<string>();
    let port = 1000;
    for (const writes of [1, 7, 19]) {
      // Writes go on until the process is gone; the kill comes when some of them are answered.
      let answered = 0;
      let enough: () => void = () => undefined;
      const killing = new Promise<void>((resolve) => {
        enough = resolve;
      });
      const write = async (): Promise<void> => {
        for (;;) {
          const document = policy(port++);
          const { status } = await scenario.vtap.request("POST", "/policies", document);
          if (status === 201) acknowledged.add(document.id);
          if (++answered === writes) enough();
        }
      };
      const writers = [write(), write(), write()].map((each) => each.catch(() => undefined));
      await killing;
      await scenario.vtap.stop("SIGKILL");
      await Promise.all(writers);

      const original = tcp(h1, h2, { src: 5, dst: 999 });
      await scenario.expectDelivery("h1", [original], { h2: [original] });
      await scenario.replaceController();
      await scenario.vtap.allPolicies();
      const { items } = await scenario.vtap.get("/policies?limit=1000");
      const present = new Set(items.map(({ id }: { id: string }) => id));
      expect([...acknowledged].filter((id) => !present.has(id))).toEqual([]);
      const frames = [...present].map((id) =>
        tcp(h1, h2, { src: 5, dst: Number(String(id).slice("port-".length)) }),
      );
      await scenario.expectDelivery("h1", [...frames, original], {
        h2: [...frames, original],
        h3: frames,
      });
    }
    const before = await scenario.tables();
    await scenario.replaceController();
    await scenario.vtap.allPolicies();
    expect(await scenario.tables()).toEqual(before);
    for (const name of scenario.switchNames) expect(await scenario.vtap.modsSent(name)).toBe(0);
  });

  test("a switch whose table is full: the policy says so, the others are not touched", async () => {
    const flows = (await scenario.lab.dumpFlows("s1")).length;
    const limit = ["flow_limit", "overflow_policy"];
    await scenario.lab.vsctl(
      ...["--", "--id=@t", "create", "Flow_Table", `${limit[0]}=${flows}`, `${limit[1]}=refuse`],
      ...["--", "set", "bridge", "s1", "flow_tables:0=@t"],
    );
    const { status, body } = await scenario.vtap.request("POST", "/policies?wait=5000", policy(9));
    expect(status).toBe(201);
    expect(body.status.state).toBe("error");
    expect(body.status.reasons.join()).toMatch(/switch s1 refused a rule: .*TABLE_FULL/);
    const refused = tcp(h1, h2, { src: 5, dst: 9 });
    const tapped = tcp(h1, h2, { src: 5, dst: 1000 });
    await scenario.expectDelivery("h1", [refused, tapped], { h2: [refused, tapped], h3: [tapped] });
    await scenario.deletePolicy("port-9");
  });
});
