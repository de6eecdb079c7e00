// SPDX-License-Identifier: Apache-2.0
/** The client's side of the demo's traffic: tapped and untapped. */
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { dnsQuery } from "../dns-message.ts";

const ROUNDS = 12;
const PAUSE_MS = 300;

const agent = new Agent({ keepAlive: false });
const resolver = createSocket("udp4");

async function fetchPage(host: string, path: string): Promise<void> {
  const [response] = await once(get({ host, path, agent }), "response");
  response.resume();
  await once(response, "end");
}

async function resolveName(number: number): Promise<void> {
  resolver.send(dnsQuery(number, "www.example.com"), 53, "10.1.1.2");
  await once(resolver, "message");
}

async function useApplication(): Promise<void> {
  const socket = connect(8443, "10.1.1.2");
  socket.end("not for monitors");
  socket.resume();
  await once(socket, "close");
}

async function ping(host: string): Promise<void> {
  const child = spawn("ping", ["-n", "-c", "2", "-i", "0.1", "-W", "30", "-s", "200", host]);
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${host} does not answer`);
}

for (let round = 0; round < ROUNDS; round++) {
  await resolveName(round);
  await fetchPage("10.1.1.2", "/large");
  await fetchPage("fd00::2", "/");
  await useApplication();
  await ping("10.1.1.2");
  // The monitor is an ordinary host, too: frames addressed to it must reach it unchanged.
  await ping("10.1.1.3");
  await delay(PAUSE_MS);
}
resolver.close();
console.log("done");
// The last segments of the sockets may still be in flight.
await delay(200);
