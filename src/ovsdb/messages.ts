// SPDX-License-Identifier: Apache-2.0
import { isObject } from "../lang/is-object.ts";
import { type Json, OvsdbFormatError } from "./json-values.ts";

/** A message of JSON-RPC 1.0. @spec RFC 7047 §4 */
export type RpcMessage =
  | {
      readonly type: "request";
      readonly id: Json;
      readonly method: string;
      readonly params: readonly Json[];
    }
  | { readonly type: "notification"; readonly method: string; readonly params: readonly Json[] }
  /** `error` is null when the request has succeeded. */
  | { readonly type: "reply"; readonly id: Json; readonly result: Json; readonly error: Json };

/**
 * Reads a message.
 * @throws OvsdbFormatError when it is none of JSON-RPC 1.0
 */
export function readMessage(json: Json): RpcMessage {
  if (!isObject(json)) throw new OvsdbFormatError("a message is not an object");
  const { method, params, id = null, result = null, error = null } = json as Members;
  if (method === undefined) {
    if (id === null) throw new OvsdbFormatError("a message has neither a method nor an id");
    return { type: "reply", id, result, error };
  }
  if (typeof method !== "string" || !Array.isArray(params)) {
    throw new OvsdbFormatError("a request is not a method with a list of parameters");
  }
  return id === null
    ? { type: "notification", method, params }
    : { type: "request", id, method, params };
}

/** The text of a message. */
export function writeMessage(message: RpcMessage): string {
  const { type, ...members } = message;
  return JSON.stringify(type === "notification" ? { ...members, id: null } : members);
}

type Members = { readonly [key: string]: Json | undefined };
