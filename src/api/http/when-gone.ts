// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** What is called back when a connection closes: one listener for all requests on it. */
const onClose = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls back once, when the answer is complete or its connection is gone: at once if it is gone already, as
 * it may be when a request has waited for its turn.
 */
export function whenGone(response: ServerResponse, callback: () => void): void {
  const { socket } = response.req;
  if (response.destroyed || socket.destroyed) {
    callback();
    return;
  }
  // A response behind another one on its connection (pipelining) gets no event when the connection closes.
  const callbacks = callbacksOf(socket);
  const once = () => {
    if (callbacks.delete(once)) callback();
  };
  callbacks.add(once);
  response.once("close", once);
}

function callbacksOf(socket: Socket): Set<() => void> {
  let callbacks = onClose.get(socket);
  if (callbacks === undefined) {
    const all = new Set<() => void>();
    socket.once("close", () => {
      for (const callback of all) callback();
    });
    onClose.set(socket, all);
    callbacks = all;
  }
  return callbacks;
}
