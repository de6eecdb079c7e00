// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PretendSwitch } from "../../lab/pretend-switch.ts";
import { VTAP_MAIN, VtapProcess } from "../vtap-process.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-stop-"));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

const POLICY = JSON.stringify({
  id: "p",
  sender: { mac: "fa:00:00:00:00:01" },
  receiver: { mac: "fa:00:00:00:00:02" },
  monitors: [{ mac: "fa:00:00:00:00:03" }],
});
const SLOW_WRITE = [
  "POST /api/v1/policies?wait=60000 HTTP/1.1",
  "Host: localhost",
  "Content-Type: application/json",
  `Content-Length: ${POLICY.length}`,
  "",
  POLICY,
].join("\r\n");

test.each([
  ["nothing", ""],
  ["half a request line", "GET /api/v1/pol"],
  ["half the headers", "GET /api/v1/policies HTTP/1.1\r\nHost: localhost\r\n"],
  [
    "requests and reads no answer",
    `${"GET /api/v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(400)}`,
  ],
  [
    "a request for events, and reads none",
    "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n",
  ],
  ["a request that waits", SLOW_WRITE],
  [
    "half a body",
    "POST /api/v1/policies HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{",
  ],
])("SIGTERM stops the controller beside a client that has sent %s", async (name, bytes) => {
  const vtap = await VtapProcess.start({ data: join(directory, name.replaceAll(" ", "-")) });
  const client = connect(vtap.httpPort, "127.0.0.1");
  client.on("error", () => undefined);
  await once(client, "connect");
  client.pause();
  client.write(bytes);
  expect(await vtap.stop("SIGTERM")).toBe(0);
  client.destroy();
});

test("SIGTERM ends it beside a switch that never confirms", async () => {
  const vtap = await VtapProcess.start({ data: join(directory, "silent-switch") });
  const answers = await PretendSwitch.connect(vtap.openflowPort, 1n);
  await vtap.synced("0000000000000001");
  answers.socket.pause();
  const written = await vtap.request("POST", "/policies", JSON.parse(POLICY));
  expect(written.status).toBe(201);
  expect(await vtap.stop("SIGTERM")).toBe(0);
  answers.end();
  const again = await VtapProcess.start({ data: join(directory, "silent-switch") });
  expect((await again.get("/policies/p")).id).toBe("p");
  await again.stop();
});

test("a closed log pipe ends nothing; SIGTERM does", async () => {
  const vtap = await VtapProcess.start({ data: join(directory, "closed-pipe") });
  vtap.closeOutput();
  for (let n = 0; n < 20; n++) {
    // Each of these is a line of the log.
    vtap.signal("SIGHUP");
    const suspended = await vtap.request("POST", n % 2 === 0 ? "/taps:suspend" : "/taps:resume");
    expect(suspended.status).toBe(200);
  }
  expect(await vtap.stop()).toBe(0);
});

test("SIGTERM during the start ends it with code 0", async () => {
  const args = ["--openflow", "127.0.0.1:0", "--http", "127.0.0.1:0"];
  const child = spawn(
    process.execPath,
    [VTAP_MAIN, "serve", ...args, "--data", join(directory, "start")],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await once(child.stdout, "data");
  child.kill("SIGTERM");
  expect(await once(child, "close")).toEqual([0, null]);
});

/** Makes a process send itself a signal before it loads a module whose name ends so. */
function signalBeforeLoading(module: string, signal: string): string[] {
  const hook = `export function resolve(name, context, next) {
    if (name.endsWith(${JSON.stringify(module)})) process.kill(process.pid, "${signal}");
    return next(name, context);
  }`;
  const dataUrl = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
  const register = `import { register } from "node:module"; register(${JSON.stringify(dataUrl(hook))});`;
  return ["--import", dataUrl(register)];
}

test("SIGTERM before the modules are loaded ends it with code 0", async () => {
  const flags = signalBeforeLoading("/run-command.js", "SIGTERM");
  const data = join(directory, "loading");
  const args = ["--openflow", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", data];
  const child = spawn(process.execPath, [...flags, VTAP_MAIN, "serve", ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  expect(await once(child, "close")).toEqual([0, null]);
});

test("SIGTERM ends a client command at once", async () => {
  const flags = signalBeforeLoading("/run-command.js", "SIGTERM");
  const child = spawn(process.execPath, [...flags, VTAP_MAIN, "switches"], { stdio: "ignore" });
  expect(await once(child, "close")).toEqual([null, "SIGTERM"]);
});

test("the output of a command may be read by half", async () => {
  const vtap = await VtapProcess.start({ data: join(directory, "head") });
  const command = [VTAP_MAIN, "switches", "--server", `http://127.0.0.1:${vtap.httpPort}`];
  const child = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  expect(await once(child, "close")).toEqual([0, null]);
  expect(stderr).toBe("");
  await vtap.stop();
});
