// SPDX-License-Identifier: Apache-2.0
import { get, isMissing, request } from "./rest.ts";
import { type Session, session } from "./session-state.ts";

/** Reads who uses the page. A server without sessions has no authentication for pages either. */
export async function readSession(): Promise<void> {
  try {
    session.value = await get<Session>("/session");
  } catch (error) {
    if (!isMissing(error)) throw error;
    session.value = { authentication: false };
  }
}

/** @throws RequestError: the token is not valid, or the address is locked. */
export async function logIn(token: string): Promise<void> {
  const { body } = await request<Session>("POST", "/session", { body: { token } });
  session.value = body;
}

export async function logOut(): Promise<void> {
  await request("DELETE", "/session");
  await readSession();
}
