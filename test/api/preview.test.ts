// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { waitFor } from "../lab/wait-for.ts";
import { policy, startApi } from "./api-server.ts";

async function* partsOf(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

test("frames are streamed, and the preview is recorded with what it shows", async () => {
  const { controller, call, url } = await startApi();
  await call("PUT /policies/a", { body: policy("a") });
  const preview = { monitor: "h3", parts: partsOf("one", "two") };
  controller.preview = { type: "previewing", preview };
  const answer = await fetch(`${url}/api/v1/policies/a:preview`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ packets: 5, whole: true }),
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("application/x-pcapng");
  expect(answer.headers.get("content-disposition")).toBe('attachment; filename="a.pcapng"');
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  expect(await answer.text()).toBe("onetwo");
  const asked = { packets: 5, seconds: 10, bytes: 256, whole: true };
  expect(controller.previews.map(({ request }) => request)).toEqual([asked]);
  expect(controller.audit.at(-1)).toMatchObject({
    type: "read",
    operation: "POST /api/v1/policies/{id}:preview",
    object: { kind: "policy", id: "a" },
    parameters: { ...asked, monitor: "h3" },
    outcome: { status: 200 },
  });
});

test.each([
  [403, "previews-off", { type: "previewsOff" }],
  [429, "too-many-previews", { type: "previewsTaken", limit: 4 }],
  [409, "not-previewed", { type: "notPreviewed", detail: "the policy is disabled" }],
] as const)("a preview that is refused is %i %s, and recorded", async (status, kind, outcome) => {
  const { controller, call } = await startApi();
  await call("PUT /policies/a", { body: policy("a") });
  controller.preview = outcome;
  const answer = await call("POST /policies/a:preview");
  expect([answer.status, answer.body.type]).toEqual([status, `urn:openvtap:problem:${kind}`]);
  expect(controller.audit.at(-1)).toMatchObject({
    type: "refusal",
    object: { kind: "policy", id: "a" },
    outcome: { status, problem: kind },
  });
});

test("mistakes of the body are listed", async () => {
  const { controller, call } = await startApi();
  await call("PUT /policies/a", { body: policy("a") });
  const body = { packets: 0, seconds: 301, bytes: 15, more: 1 };
  const answer = await call("POST /policies/a:preview", { body });
  expect(answer.status).toBe(422);
  const pointers = answer.body.errors.map(({ pointer }: { pointer: string }) => pointer);
  expect(pointers.sort()).toEqual(["/bytes", "/more", "/packets", "/seconds"]);
  expect((await call("POST /policies/none:preview")).status).toBe(404);
  expect(controller.previews).toEqual([]);
});

test("a client that goes ends the preview", async () => {
  const { controller, call, url } = await startApi();
  await call("PUT /policies/a", { body: policy("a") });
  const endless = (async function* () {
    yield Buffer.from("first");
    await new Promise((resolve) => {
      controller.previews[0]?.signal.addEventListener("abort", resolve);
    });
  })();
  controller.preview = { type: "previewing", preview: { monitor: "h3", parts: endless } };
  const gone = new AbortController();
  const { body } = await fetch(`${url}/api/v1/policies/a:preview`, {
    method: "POST",
    signal: gone.signal,
  });
  const reader = body?.getReader();
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("first");
  gone.abort();
  await waitFor(() => controller.previews[0]?.signal.aborted);
});
