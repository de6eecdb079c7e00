// SPDX-License-Identifier: Apache-2.0
import { connect } from "node:net";
import { join } from "node:path";
import {
  barrierRequest,
  canonicalMatch,
  decodeMessage,
  describeError,
  encodeMessage,
  Framer,
  flowMod,
  flowRequest,
  type GroupDescEntry,
  groupMod,
  hello,
  type Message,
  MeterId,
  meterMod,
  multipartRequest,
} from "../../src/openflow/index.ts";
import type { OvsLab } from "./ovs-lab.ts";

type Lab = Pick<OvsLab, "directory">;

/** Sends messages to a switch's management socket. Rejects with the switch's error if it refuses one. */
export async function sendMessages(
  lab: Lab,
  switchName: string,
  messages: readonly Uint8Array[],
): Promise<void> {
  await exchange(lab, switchName, messages);
}

/** The messages that make a switch's meters, groups and flow entries, in an order in which it takes them. */
export async function readTableMessages(lab: Lab, switchName: string): Promise<Uint8Array[]> {
  const requests = [
    multipartRequest({ type: "meterConfig", meterId: MeterId.All }),
    multipartRequest({ type: "groupDesc" }),
    multipartRequest(flowRequest()),
  ];
  const replies = await exchange(lab, switchName, requests.map(encodeMessage));
  const mods = { meters: [] as Message[], groups: [] as GroupDescEntry[], flows: [] as Message[] };
  for (const reply of replies) {
    if (reply.type !== "multipartReply") continue;
    const { multipart } = reply;
    if (multipart.type === "meterConfig") {
      for (const each of multipart.entries) mods.meters.push(meterMod(each));
    } else if (multipart.type === "groupDesc") mods.groups.push(...multipart.entries);
    else if (multipart.type === "flow") {
      for (const each of multipart.entries) {
        const { tableId, priority, cookie, flags, instructions } = each;
        const match = canonicalMatch(each.match);
        mods.flows.push(flowMod({ tableId, priority, cookie, flags, instructions, match }));
      }
    }
  }
  return [...mods.meters, ...inOrder(mods.groups).map(groupMod), ...mods.flows].map(encodeMessage);
}

/** Groups after those that they use. */
function inOrder(groups: readonly GroupDescEntry[]): GroupDescEntry[] {
  const ordered = new Map<number, GroupDescEntry>();
  while (ordered.size < groups.length) {
    const before = ordered.size;
    for (const group of groups) {
      const used = group.buckets.flatMap(({ actions }) =>
        actions.flatMap((action) => (action.type === "group" ? action.groupId : [])),
      );
      if (used.every((id) => ordered.has(id))) ordered.set(group.groupId, group);
    }
    if (ordered.size === before) throw new Error("groups use each other in a circle");
  }
  return [...ordered.values()];
}

/** How often a connection is tried that the switch closes before it has said anything. */
const ATTEMPTS = 5;

/** Sends messages and a barrier; returns what the switch sends until it answers that. */
async function exchange(
  lab: Lab,
  switchName: string,
  messages: readonly Uint8Array[],
): Promise<Message[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await exchangeOnce(lab, switchName, messages);
    } catch (error) {
      // A busy vswitchd closes connections beyond those it has room for; no message has been sent by then.
      const isClosed = error instanceof Error && "code" in error && error.code === "EPIPE";
      if (!isClosed || attempt === ATTEMPTS) throw error;
    }
  }
}

function exchangeOnce(
  lab: Lab,
  switchName: string,
  messages: readonly Uint8Array[],
): Promise<Message[]> {
  return new Promise((resolve, reject) => {
    const framer = new Framer();
    const received: Message[] = [];
    const socket = connect(join(lab.directory, `${switchName}.mgmt`));
    const fail = (problem: Error) => {
      socket.destroy();
      reject(problem);
    };
    const receive = (message: Message) => {
      if (message.type === "error") {
        fail(new Error(describeError(message.errorType, message.errorCode)));
      } else if (message.type === "barrierReply") {
        socket.destroy();
        resolve(received);
      } else if (message.type === "hello") {
        for (const bytes of [...messages, encodeMessage(barrierRequest())]) socket.write(bytes);
      } else received.push(message);
    };
    socket.on("error", fail);
    socket.on("connect", () => socket.write(encodeMessage(hello())));
    socket.on("data", (chunk) => {
      for (const bytes of framer.push(chunk)) receive(decodeMessage(bytes));
    });
  });
}
