// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { Authenticator } from "../../../src/access/authenticator.ts";
import { recordOf, tokenNamed } from "../../access/tokens.ts";
import { policy, startApi } from "../api-server.ts";

const bearer = (name: string) => ({ headers: { authorization: `Bearer ${tokenNamed(name)}` } });
const NDJSON = { headers: { accept: "application/x-ndjson" } };

async function protectedApi() {
  const tokens = [recordOf("v", "viewer"), recordOf("m", "member"), recordOf("a", "auditor")];
  return startApi({ authenticator: new Authenticator({ tokens }) });
}

test("the controller gets who asks for a change, by which operation", async () => {
  const { call, controller } = await protectedApi();
  await call("POST /policies?reason=ticket%207", { ...bearer("m"), body: policy("p") });
  expect(controller.causes).toEqual([
    {
      actor: {
        user: recordOf("m", "member").user,
        token: "m",
        role: "member",
        address: "127.0.0.1",
      },
      operation: "POST /api/v1/policies",
      reason: "ticket 7",
    },
  ]);
  const open = await startApi();
  await open.call("POST /policies", { body: policy("p") });
  expect(open.controller.causes[0]?.actor).toEqual({ user: "anonymous", address: "127.0.0.1" });
});

test("every refused change is recorded before it is answered; reads and questions are not", async () => {
  const { call, controller } = await protectedApi();
  await call("POST /policies", { ...bearer("m"), body: policy("p") });
  await call("POST /policies", { ...bearer("m"), body: policy("p", { reason: "again" }) });
  await call("PUT /policies/q", { ...bearer("m"), body: { monitors: 3 } });
  await call("DELETE /policies/absent?reason=why", bearer("m"));
  const matching = { ...bearer("m").headers, "if-match": '"99"' };
  await call("DELETE /policies/p", { headers: matching });
  await call("POST /taps:suspend", bearer("v"));
  await call("DELETE /policies/p");
  await call("GET /policies/absent", bearer("m"));
  await call("GET /audit", bearer("v"));
  await call("POST /policies:validate", { ...bearer("m"), body: {} });
  const object = { kind: "policy", id: "p" };
  const [member, viewer] = [{ token: "m" }, { token: "v", role: "viewer" }];
  expect(controller.audit).toMatchObject([
    { type: "refusal", actor: member, object, reason: "again", outcome: { status: 409 } },
    { actor: member, object: { id: "q" }, outcome: { status: 422, problem: "invalid-document" } },
    { object: { id: "absent" }, reason: "why", outcome: { status: 404, problem: "not-found" } },
    { operation: "DELETE /api/v1/policies/{id}", outcome: { status: 412 } },
    { actor: viewer, object: { kind: "taps" }, outcome: { status: 403, problem: "forbidden" } },
    { actor: { address: "127.0.0.1" }, outcome: { status: 401 } },
  ]);
  expect(controller.audit[5]?.actor).not.toHaveProperty("user");
});

test("an action that writes nothing is recorded, too", async () => {
  const { call, controller } = await startApi();
  await call("POST /switches:resync");
  expect(controller.audit).toMatchObject([
    { type: "change", operation: "POST /api/v1/switches:resync", outcome: { status: 200 } },
  ]);
});

test("a flood of requests without a token makes few records", async () => {
  const { call, controller, close } = await protectedApi();
  for (let n = 0; n < 30; n++) await call(`DELETE /policies/p${n}`);
  expect(controller.audit.length).toBe(10);
  await close();
  expect(controller.audit.slice(9).map(({ count = 1 }) => count)).toEqual([1, 20]);
});

test("records are listed in pages and by filter", async () => {
  const { call } = await startApi();
  for (const id of ["a", "b", "a"]) await call(`DELETE /policies/${id}`);
  await call("DELETE /groups/a");
  await call("POST /switches:resync");
  const list = async (query: string) => {
    const { status, body } = await call(`GET /audit?${query}`);
    return status === 200 ? body.items.map(({ sequence }: { sequence: number }) => sequence) : body;
  };
  expect(await list("")).toEqual([1, 2, 3, 4, 5]);
  expect(await list("object=a")).toEqual([1, 3, 4]);
  expect(await list("operation=DELETE%20/api/v1/groups/%7Bid%7D")).toEqual([4]);
  expect(await list("outcome=refused&after=1")).toEqual([2, 3, 4]);
  expect(await list("outcome=done")).toEqual([5]);
  expect(await list("outcome=404&limit=2")).toEqual([1, 2]);
  expect(await list("user=anonymous&to=2026-01-01T00:00:03Z")).toEqual([1, 2]);
  expect(await list("from=2026-01-01T00:00:04Z")).toEqual([4, 5]);
  expect(await list("user=mallory")).toEqual([]);
  expect((await list("outcome=maybe")).status).toBe(400);
  expect((await list("from=yesterday")).status).toBe(400);
  const first = (await call("GET /audit?limit=3")).body;
  const rest = await call(`GET /audit?limit=3&cursor=${first.nextCursor}`);
  expect([rest.body.items.length, rest.body.nextCursor]).toEqual([2, null]);
});

test("an export has all records, one on each line, and its lines are verified", async () => {
  const { call, url } = await startApi();
  for (let n = 0; n < 120; n++) await call("POST /switches:resync");
  const exported = await fetch(`${url}/api/v1/audit`, NDJSON);
  expect(exported.headers.get("content-type")).toBe("application/x-ndjson");
  const records = (await exported.text()).trim().split("\n");
  expect(records.length).toBe(120);
  const verify = async (sent: object) => (await call("POST /audit:verify", { body: sent })).body;
  expect(await verify({ records })).toEqual({ records: 120, faults: [] });
  const altered = records.map((line, n) => (n === 4 ? line.replace("anonymous", "bob") : line));
  expect((await verify({ records: altered })).faults).toEqual([
    { sequence: 5, what: "line 5 is not as the server wrote it" },
  ]);
  expect((await verify({ records: ["{"] })).faults).toMatchObject([
    { what: "line 1 is no record" },
  ]);
  const head = (await call("GET /audit/head")).body;
  expect(head).toMatchObject({ sequence: 120, hash: JSON.parse(records[119] ?? "").hash });
  const { sequence, hash } = head;
  expect(await verify({ head: { sequence, hash } })).toMatchObject({ to: 120, faults: [] });
  expect((await verify({ head: { sequence: 121, hash } })).faults.length).toBe(1);
  expect((await call("POST /audit:verify")).body.faults).toEqual([]);
});
