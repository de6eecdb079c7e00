// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Authenticator } from "../access/authenticator.ts";
import type { Places } from "./http/places.ts";
import { whenGone } from "./http/when-gone.ts";

/** The app with routes that are typed by their schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What a resource gets; `Port` is the part of the controller that it requires. */
export interface ApiContext<Port = unknown> {
  readonly port: Port;
  readonly version: string;
  /** Aborts when the app closes, and ends every wait, which would keep the app open. */
  readonly closing: AbortSignal;
  readonly places: ApiPlaces;
  /** Absent without authentication. */
  readonly authenticator: Authenticator | undefined;
}

/** Places for requests that stay open. */
export interface ApiPlaces {
  readonly streams: Places;
  readonly waiting: Places;
}

/** Prefix of the resources. */
export const BASE = "/api/v1";

/** Aborts when the client disconnects or the app closes. */
export function abortedWith(reply: Pick<FastifyReply, "raw">, closing: AbortSignal): AbortSignal {
  const gone = new AbortController();
  whenGone(reply.raw, () => gone.abort());
  return AbortSignal.any([gone.signal, closing]);
}
