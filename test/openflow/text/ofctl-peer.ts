// SPDX-License-Identifier: Apache-2.0
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import {
  decodeMessage,
  encodeMessage,
  Framer,
  hello,
  type Message,
  type MessageOf,
  type MultipartReplyBody,
  type MultipartRequestBody,
  multipartRequest,
} from "../../../src/openflow/index.ts";
import type { OvsLab } from "../../lab/index.ts";

/** Calls back for each message that arrives. */
function onMessages(socket: Socket, receive: (message: Message) => void): void {
  const framer = new Framer();
  socket.on("data", (chunk) => {
    for (const bytes of framer.push(chunk)) receive(decodeMessage(bytes));
  });
}

type ReplyOf<T extends MultipartReplyBody["type"]> = Extract<
  MultipartReplyBody,
  { readonly type: T }
>;

/** Sends a request to a switch of the lab over its management socket, and returns the parts of its reply. */
export function readBack<T extends MultipartReplyBody["type"] & MultipartRequestBody["type"]>(
  lab: OvsLab,
  name: string,
  multipart: MultipartRequestBody & { readonly type: T },
): Promise<ReplyOf<T>[]> {
  const socket = connect(join(lab.directory, `${name}.mgmt`));
  return new Promise<ReplyOf<T>[]>((resolve, reject) => {
    const parts: ReplyOf<T>[] = [];
    socket.on("error", reject);
    onMessages(socket, (message) => {
      if (message.type === "error") reject(new Error(`the switch refuses: ${message.errorCode}`));
      if (message.type !== "multipartReply") return;
      parts.push(message.multipart as ReplyOf<T>);
      if ((message.flags & 1) === 0) resolve(parts);
    });
    socket.write(encodeMessage(hello()));
    socket.write(encodeMessage(multipartRequest(multipart)));
  }).finally(() => socket.destroy());
}

/**
 * Runs `ovs-ofctl --no-names` against a switch that accepts everything, and gives the messages of a
 * type that it sends. `run` is given the target to name.
 */
export async function sentBy<T extends "flowMod" | "groupMod" | "meterMod">(
  type: T,
  run: (target: string) => Promise<unknown>,
): Promise<MessageOf<T>[]> {
  const sent: MessageOf<T>[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.write(encodeMessage(hello()));
    onMessages(socket, (message) => {
      if (message.type === type) sent.push(message as MessageOf<T>);
      const reply = answer(message);
      if (reply !== undefined) socket.write(encodeMessage(reply));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    await run(`tcp:127.0.0.1:${port}`);
  } finally {
    server.close();
  }
  return sent;
}

/** Replies to the additional requests of `ovs-ofctl`. */
function answer({ type, xid, version }: Message): Message | undefined {
  if (type === "barrierRequest") return { type: "barrierReply", xid, version };
  if (type === "echoRequest") return { type: "echoReply", xid, version, data: new Uint8Array(0) };
  return undefined;
}
