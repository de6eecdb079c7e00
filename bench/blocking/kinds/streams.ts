// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { BlockingKind, BlockingServer } from "../kind.ts";
import { send } from "../send.ts";

async function open({ url }: BlockingServer, text: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(text);
  return socket;
}

async function openMany(server: BlockingServer, count: number, text: string): Promise<Socket[]> {
  return Promise.all(Array.from({ length: count }, () => open(server, text)));
}

const STREAM = "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

/** Writes policies with long descriptions, eight at a time. */
async function writePolicies(server: BlockingServer, count: number): Promise<string> {
  let next = 0;
  let outcome = "";
  const writer = async () => {
    while (next < count) {
      const id = `p${next++}`;
      const body = JSON.stringify({
        sender: { mac: "fa:00:00:00:00:01" },
        receiver: { mac: "fa:00:00:00:00:02" },
        monitors: [{ mac: "fa:00:00:00:00:03" }],
        description: "x".repeat(4000),
        enabled: false,
      });
      outcome = await send(server, { method: "PUT", path: `/api/v1/policies/${id}`, body });
    }
  };
  await Promise.all(Array.from({ length: 8 }, writer));
  return outcome;
}

function streams(name: string, describe: string, count: number, isRead: boolean): BlockingKind {
  return {
    name: `streams-${name}`,
    describe,
    setup: () => ({}),
    async run(server) {
      const sockets = await openMany(server, count, STREAM);
      let refused = 0;
      for (const socket of sockets) {
        if (!isRead) {
          socket.pause();
          continue;
        }
        socket.once("data", (text) => {
          if (String(text).startsWith("HTTP/1.1 503")) refused++;
        });
      }
      const outcome = await writePolicies(server, 100);
      for (const socket of sockets) socket.destroy();
      return `${outcome}${isRead ? `, ${refused} streams refused` : ""}`;
    },
  };
}

/** Many clients at once. */
export const KINDS: readonly BlockingKind[] = [
  streams("3000", "3,000 event streams and 100 writes of 4 KiB", 3000, true),
  streams("stalled", "200 event streams that are not read and 100 writes of 4 KiB", 200, false),
  {
    name: "waiting-500",
    describe: "500 requests that wait for switches (?wait=2000)",
    async run(server) {
      const writes = Array.from({ length: 500 }, (_, n) =>
        send(server, {
          method: "PUT",
          path: `/api/v1/policies/p${n}?wait=2000`,
          body: JSON.stringify({
            sender: { mac: "fa:00:00:00:00:01" },
            receiver: { mac: "fa:00:00:00:00:02" },
            monitors: [{ mac: "fa:00:00:00:00:03" }],
          }),
        }),
      );
      return (await Promise.all(writes))[0] ?? "";
    },
  },
  {
    name: "pipelined",
    describe: "20,000 pipelined GET /policies on one connection",
    async run(server) {
      const socket = await open(
        server,
        "GET /api/v1/policies HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".repeat(20_000),
      );
      let answers = 0;
      for await (const chunk of socket) {
        answers += String(chunk).split("HTTP/1.1 200").length - 1;
        if (answers >= 19_900) break;
      }
      return `${answers} answers`;
    },
  },
  {
    name: "half-requests",
    describe: "1,000 connections that send half a header",
    async run(server) {
      const sockets = await openMany(server, 1000, "GET /api/v1/policies HTTP/1.1\r\nHost:");
      const outcome = await send(server, { method: "GET", path: "/api/v1/policies" });
      for (const socket of sockets) socket.destroy();
      return outcome;
    },
  },
];
