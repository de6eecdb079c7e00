// SPDX-License-Identifier: Apache-2.0
import { expect, onTestFinished, test, vi } from "vitest";
import { Authenticator } from "../../../src/access/authenticator.ts";
import { recordOf, tokenNamed } from "../../access/tokens.ts";
import { startApi } from "../api-server.ts";

test("a project that sends too many requests is refused, and others are served", async () => {
  const tokens = [
    recordOf("red", "viewer", { project: "red" }),
    recordOf("also-red", "member", { project: "red" }),
    recordOf("blue", "viewer", { project: "blue" }),
    recordOf("all", "viewer"),
  ];
  const { call } = await startApi({
    authenticator: new Authenticator({ tokens }),
    quotas: { default: { requestsPerSecond: 3 }, blue: { requestsPerSecond: 5 } },
  });
  const now = performance.now();
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  const headers = (name: string) => ({ authorization: `Bearer ${tokenNamed(name)}` });
  const statuses = async (count: number, ...names: string[]) => {
    const found: number[] = [];
    for (let n = 0; n < count; n++) {
      const name = names[n % names.length] ?? "";
      found.push((await call("GET /policies", { headers: headers(name) })).status);
    }
    return found;
  };
  expect(await statuses(4, "red", "also-red")).toEqual([200, 200, 200, 429]);
  expect(await statuses(6, "blue")).toEqual([200, 200, 200, 200, 200, 429]);
  expect(await statuses(10, "all")).toEqual(Array(10).fill(200));
  const refused = await call("POST /taps:suspend", { headers: headers("red") });
  expect([refused.status, refused.headers.get("retry-after"), refused.body]).toMatchObject([
    429,
    "1",
    {
      type: "urn:openvtap:problem:too-many-requests",
      detail:
        "project red may send 3 requests per second (requestsPerSecond of projectQuotas) and has sent them; try again in 1 s",
    },
  ]);
  expect((await call("GET //healthz", { headers: headers("red") })).status).toBe(200);
  clock.mockImplementation(() => now + 1000);
  expect(await statuses(4, "also-red")).toEqual([200, 200, 200, 429]);
});
