// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { VtapProcess } from "../vtap-process.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-stop-"));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

test.concurrent.each([
  ["nothing", ""],
  ["half a request line", "GET /api/v1/pol"],
  ["half the headers", "GET /api/v1/policies HTTP/1.1\r\nHost: localhost\r\n"],
  [
    "half a body",
    "POST /api/v1/policies HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{",
  ],
])("SIGTERM stops the controller beside a client that has sent %s", async (name, bytes) => {
  const vtap = await VtapProcess.start({ data: join(directory, name.replaceAll(" ", "-")) });
  const client = connect(vtap.httpPort, "127.0.0.1");
  client.on("error", () => undefined);
  await once(client, "connect");
  client.write(bytes);
  expect(await vtap.stop("SIGTERM")).toBe(0);
  client.destroy();
});
