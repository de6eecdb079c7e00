// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Authenticator } from "../../../src/access/authenticator.ts";
import { OPERATION_ROWS } from "../../../src/access/operations.ts";
import { recordOf, tokenNamed } from "../../access/tokens.ts";
import { type ApiServer, type Call, openApi, policy } from "../api-server.ts";

let api: ApiServer;
/** The same, with administrators that do not disclose their policies. */
let secretive: ApiServer;

beforeAll(async () => {
  const tokens = [
    recordOf("admin", "admin"),
    recordOf("a", "admin", { project: "a" }),
    recordOf("b", "member", { project: "b" }),
  ];
  api = await openApi({ authenticator: new Authenticator({ tokens }) });
  secretive = await openApi({ authenticator: new Authenticator({ tokens }), disclose: false });
  for (const [request, body] of [
    ["POST /policies", policy("a.one", { project: "a" })],
    ["POST /policies", policy("named-by-admin", { project: "a" })],
    ["POST /policies", policy("b.one", { project: "b" })],
    ["POST /policies", policy("a.unowned")],
    ["POST /policies", policy("unowned")],
    ["POST /groups", { id: "a.group", members: ["10.0.0.1"] }],
    ["POST /groups", { id: "b.group", members: ["10.0.0.1"] }],
    ["POST /groups", { id: "unowned", members: ["10.0.0.1"] }],
    ["POST /hosts", host("a.host", { project: "a" })],
    ["POST /hosts", host("b.host", { project: "b" })],
    ["POST /hosts", host("unowned")],
  ] as const) {
    expect([body, (await as("admin", request, { body })).status]).toEqual([body, 201]);
  }
});
afterAll(() => Promise.all([api?.close(), secretive?.close()]));

const host = (mac: string, more: object = {}) => ({ mac, switch: "s1", port: 9, ...more });

function as(who: "admin" | "a" | "b", request: string, call: Call = {}) {
  const authorization = `Bearer ${tokenNamed(who)}`;
  return api.call(request, { ...call, headers: { authorization, ...call.headers } });
}

const ids = async (who: "admin" | "a" | "b", list: string) =>
  (await as(who, `GET ${list}`)).body.items.map(({ id }: { id: string }) => id);

describe("a project sees its own", () => {
  test("policies and groups, also those that an administrator has written", async () => {
    expect(await ids("a", "/policies")).toEqual(["a.one", "named-by-admin"]);
    expect(await ids("b", "/policies")).toEqual(["b.one"]);
    expect(await ids("a", "/groups")).toEqual(["a.group"]);
    expect((await ids("admin", "/policies")).length).toBe(5);
  });

  test("a page at a time: neither a cursor nor the number of pages shows that there are others", async () => {
    const { body } = await as("a", "GET /policies?limit=1");
    expect(body.items).toHaveLength(1);
    const next = await as("a", `GET /policies?limit=1&cursor=${body.nextCursor}`);
    expect(next.body).toMatchObject({ items: [{ id: "named-by-admin" }], nextCursor: null });
    const groups = await as("a", "GET /groups?limit=1");
    expect(groups.body).toMatchObject({ items: [{ id: "a.group" }], nextCursor: null });
  });
});

/** Requests of project a about an object, by operation. */
const ABOUT: Readonly<Record<string, (id: string) => readonly Call[]>> = {
  "GET /api/v1/policies/{id}": () => [{}],
  "PUT /api/v1/policies/{id}": (id) =>
    [{}, { "if-match": "*" }, { "if-match": '"4"' }, { "if-none-match": "*" }].map((headers) => ({
      headers: headers as Record<string, string>,
      body: policy(id),
    })),
  "PATCH /api/v1/policies/{id}": () => [
    { body: { enabled: false } },
    { body: { enabled: false }, headers: { "if-match": '"3"' } },
  ],
  "DELETE /api/v1/policies/{id}": () => [{}, { headers: { "if-match": '"3"' } }],
  "GET /api/v1/policies/{id}/counters": () => [{}],
  "GET /api/v1/policies/{id}/plan": () => [{}],
  "POST /api/v1/policies/{id}:resume": () => [{}],
  "POST /api/v1/policies/{id}:probe": () => [{}],
  "POST /api/v1/policies/{id}:preview": () => [{}],
  "GET /api/v1/hosts/{mac}/observers": () => [{}],
  "GET /api/v1/projects/{project}": () => [{}],
  "GET /api/v1/switches/{dpid}": () => [{}],
  "GET /api/v1/groups/{id}": () => [{}],
  "PUT /api/v1/groups/{id}": (id) => [
    { body: { id, members: ["10.0.0.2"] } },
    { body: { id, members: ["10.0.0.2"] }, headers: { "if-match": "*" } },
  ],
  "DELETE /api/v1/groups/{id}": () => [{}, { headers: { "if-match": '"7"' } }],
};

const OF_OBJECTS = OPERATION_ROWS.filter(
  ([operation, { ofProject }]) => ofProject && operation.includes("{"),
).map(([operation]) => operation);

describe("what belongs to others is as what is absent", () => {
  test("there is a case for every operation on an object", () => {
    expect(OF_OBJECTS.sort()).toEqual(Object.keys(ABOUT).sort());
  });

  test.each(OF_OBJECTS)("%s", async (operation) => {
    const [method, path = ""] = operation.split(" ");
    const kind = /groups|hosts/.exec(path)?.[0].slice(0, -1) ?? "one";
    for (const call of ABOUT[operation]?.("x").keys() ?? []) {
      const answers = [];
      for (const id of ["absent", `b.${kind}`, "unowned"]) {
        const at = path.replace("/api/v1", "").replace(/\{\w+\}/, id);
        const { status, headers, body } = await as(
          "a",
          `${method} ${at}`,
          ABOUT[operation]?.(id)[call],
        );
        const { date: _, ...kept } = Object.fromEntries(headers);
        const { "content-length": __, ...others } = kept;
        answers.push([status, others, JSON.parse(JSON.stringify(body).replaceAll(id, "ID"))]);
      }
      const [absent, other, unowned] = answers;
      expect(other).toEqual(absent);
      expect(unowned).toEqual(absent);
      expect(absent?.[0]).toBeGreaterThanOrEqual(400);
    }
    // Nothing has changed.
    expect((await ids("admin", "/policies")).length).toBe(5);
    expect((await ids("admin", "/groups")).length).toBe(3);
  });

  test.each(["b.group", "unowned", "absent"])("a policy cannot name group %s", async (id) => {
    const body = policy("a.two", { sender: { group: id } });
    const answer = await as("a", "POST /policies", { body });
    expect([answer.status, answer.body.errors[0].detail]).toEqual([
      422,
      `project a has no group "${id}"`,
    ]);
  });
});

test("what it uses of its quotas, without the switch, and nothing of other projects", async () => {
  const { body } = await as("a", "GET /projects/a");
  expect([body.project, body.rules]).toEqual(["a", { used: 7, limit: 10 }]);
  expect((await as("a", "GET /projects")).body.items).toEqual([body]);
  expect((await as("a", "GET /projects/b")).status).toBe(404);
  expect((await as("admin", "GET /projects/b")).body.rules.switch).toBe("s1");
});

describe("who sees the traffic of a host of a project", () => {
  const expiresAt = "2030-01-01T00:00:00Z";
  const observers = [
    {
      id: "a.one",
      monitors: ["h3"],
      requester: "ann",
      reason: "ticket 1",
      project: "a",
      expiresAt,
    },
    { id: "b.one", monitors: ["h4"], requester: "bob", reason: "of b", project: "b" },
    { id: "by-order", name: "Court order", monitors: ["h5"], requester: "root", reason: "case 7" },
    { id: "net.all", monitors: ["h5", "h6"], requester: "root" },
  ];
  const list = async (server: ApiServer, token: string, query = "") => {
    server.controller.observers = observers;
    const headers = { authorization: `Bearer ${tokenNamed(token)}` };
    return (await server.call(`GET /hosts/a.host/observers${query}`, { headers })).body;
  };

  test("its own policies in full, those of administrators by name and reason, no others", async () => {
    expect(await list(api, "a")).toEqual({
      items: [observers[0], { name: "Court order", reason: "case 7" }, { name: "net.all" }],
      nextCursor: null,
    });
    expect((await list(api, "admin")).items).toEqual(observers);
  });

  test("a page at a time: a cursor says nothing of the policies", async () => {
    const first = await list(api, "a", "?limit=2");
    expect(first.items).toHaveLength(2);
    const cursor = Buffer.from(first.nextCursor, "base64url").toString();
    expect(cursor).toBe('["observers","0000000001"]');
    expect(await list(api, "a", `?limit=2&cursor=${first.nextCursor}`)).toEqual({
      items: [{ name: "net.all" }],
      nextCursor: null,
    });
  });

  test("without disclosure its own policies alone", async () => {
    const body = host("a.host", { project: "a" });
    const headers = { authorization: `Bearer ${tokenNamed("admin")}` };
    expect((await secretive.call("POST /hosts", { body, headers })).status).toBe(201);
    expect(await list(secretive, "a", "?limit=1")).toEqual({
      items: [observers[0]],
      nextCursor: null,
    });
    expect((await list(secretive, "admin")).items).toEqual(observers);
  });
});

describe("a project writes its own", () => {
  test("policies: the server sets the project, ids begin with it", async () => {
    const created = await as("a", "POST /policies", { body: policy("a.new") });
    expect(created).toMatchObject({ status: 201, body: { id: "a.new", project: "a" } });
    const { id: _, ...rest } = policy("");
    const named = await as("a", "POST /policies", { body: { ...rest, name: "without an id" } });
    expect([named.status, named.body.id]).toEqual([201, expect.stringMatching(/^a\.p-/)]);
    for (const [body, pointer] of [
      [policy("new"), "/id"],
      [policy("b.new"), "/id"],
      [policy("ab.new"), "/id"],
      [policy("a.other", { project: "b" }), "/project"],
    ] as const) {
      const answer = await as("a", "POST /policies", { body });
      expect([body.id, answer.status, answer.body.errors[0].pointer]).toEqual([
        body.id,
        422,
        pointer,
      ]);
    }
    const patched = await as("a", "PATCH /policies/a.new", {
      body: { project: null, enabled: false },
    });
    expect(patched).toMatchObject({ status: 200, body: { project: "a", enabled: false } });
    const put = await as("a", "PUT /policies/named-by-admin", {
      body: policy("named-by-admin", { enabled: false }),
    });
    expect(put).toMatchObject({ status: 200, body: { project: "a" } });
    for (const id of ["a.new", named.body.id])
      expect((await as("a", `DELETE /policies/${id}`)).status).toBe(204);
  });

  test("an id of its own that another policy uses is taken", async () => {
    for (const request of ["POST /policies", "PUT /policies/a.unowned"]) {
      const { status, body } = await as("a", request, { body: policy("a.unowned") });
      expect([status, body.type]).toEqual([409, expect.stringContaining("exists")]);
    }
    expect((await as("a", "GET /policies/a.unowned")).status).toBe(404);
  });

  test("sets: those of two projects with one name do not meet", async () => {
    const apply = (who: "a" | "b", policies: readonly object[]) =>
      as(who, "POST /policies:apply", { body: { policies, set: "default", prune: true } });
    expect((await apply("a", [policy("a.set")])).body.policies).toMatchObject([
      { id: "a.set", result: "created" },
    ]);
    expect((await apply("b", [])).body.policies).toEqual([]);
    const { body } = await as("a", "GET /policies/a.set");
    expect(body).toMatchObject({ project: "a", origin: { set: "default" } });
    expect((await apply("a", [policy("b.set")])).body.errors[0].pointer).toBe("/policies/0/id");
    expect((await apply("a", [])).body.policies).toMatchObject([{ result: "deleted" }]);
  });
});

test("a project suspends and resumes its own taps alone", async () => {
  const suspend = (body: object) => as("a", "POST /taps:suspend", { body });
  const projects = async (who: "admin" | "a" | "b") =>
    (await as(who, "GET /taps")).body.projects.map(({ project }: { project: string }) => project);
  expect((await suspend({ reason: "test" })).body).toMatchObject({
    state: "suspended",
    projects: [{ project: "a", reason: "test" }],
  });
  expect([await projects("admin"), await projects("a"), await projects("b")]).toEqual([
    ["a"],
    ["a"],
    [],
  ]);
  expect(api.controller.suspension).toBeUndefined();
  for (const request of ["POST /taps:suspend", "POST /taps:resume"]) {
    const { status, body } = await as("a", request, { body: { project: "b" } });
    expect([request, status, body.errors[0].pointer]).toEqual([request, 422, "/project"]);
    expect((await as("b", request)).status).toBe(403);
  }
  const resumed = await as("a", "POST /taps:resume");
  expect([resumed.status, resumed.body.state, await projects("admin")]).toEqual([
    200,
    "running",
    [],
  ]);
});

test("events: a project receives its own, and their ids count no others", async () => {
  const controller = new AbortController();
  const response = await fetch(`${api.url}/api/v1/events`, {
    headers: { authorization: `Bearer ${tokenNamed("b")}` },
    signal: controller.signal,
  });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  for (const [who, id] of [
    ["a", "a.event"],
    ["admin", "event"],
    ["b", "b.event"],
  ] as const) {
    expect((await as(who, "POST /policies", { body: policy(id) })).status).toBe(201);
  }
  let text = "";
  while (!text.includes("b.event")) {
    text += new TextDecoder().decode((await reader.read()).value);
  }
  controller.abort();
  const seen = [...text.matchAll(/^id: .*-(\d+)$/gm)].map(([, sequence]) => sequence);
  // A stream begins with the id of the last event: here of none.
  const expected = [["0", "1"], false, false];
  expect([seen, text.includes("a.event"), text.includes('"event"')]).toEqual(expected);
  for (const [who, id] of [
    ["a", "a.event"],
    ["admin", "event"],
    ["b", "b.event"],
  ] as const) {
    expect((await as(who, `DELETE /policies/${id}`)).status).toBe(204);
  }
});

test("what concerns the whole network is not for a project", async () => {
  const { status, body } = await as("a", "GET /paths?from=h1&to=h2");
  expect([status, body.detail]).toEqual([
    403,
    "this concerns the whole network, and the token is limited to project a",
  ]);
});
