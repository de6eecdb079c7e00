import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { ControllerPort } from "../contract/rejection.ts";

/** The app with routes that are typed by their schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What every resource gets. */
export interface ApiContext {
  readonly port: ControllerPort;
  readonly version: string;
  /** Aborts when the app closes: nobody may keep it open by waiting. */
  readonly closing: AbortSignal;
}

/** Prefix of the resources. */
export const BASE = "/api/v1";

/** Aborts when the client goes away or the app closes. */
export function abortedWith(reply: Pick<FastifyReply, "raw">, closing: AbortSignal): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  return AbortSignal.any([gone.signal, closing]);
}
