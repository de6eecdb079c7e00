// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from "node:http";
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RawServerDefault,
} from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Authenticator } from "../access/authenticator.ts";
import type { SettingView } from "../contract/observation/settings.ts";
import type { AccessDeps } from "./access/authorized-requests.ts";
import type { Places } from "./http/places.ts";
import { whenGone } from "./http/when-gone.ts";
import type { ProjectScope } from "./projects/project-scope.ts";

/** The app with routes that are typed by their schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What a project may ask of a part of the controller. */
type Scoped<Port> = Pick<Port, Extract<keyof Port, keyof ProjectScope>>;

/** What a resource gets; `Port` is the part of the controller that it requires. */
export interface ApiContext<Port = unknown> {
  /** What concerns the whole network. */
  readonly port: Omit<Port, keyof ProjectScope>;
  /** The controller as the sender of a request sees it: all of it, or what belongs to a project. */
  readonly portOf: (request: Pick<FastifyRequest, "identity">) => Scoped<Port>;
  readonly version: string;
  /** What the server runs with. */
  readonly settings: readonly SettingView[];
  /** Aborts when the app closes, and ends every wait, which would keep the app open. */
  readonly closing: AbortSignal;
  readonly places: ApiPlaces;
  /** Absent without authentication. */
  readonly authenticator: Authenticator | undefined;
  /** The same, with the cookies of sessions. */
  readonly access: AccessDeps | undefined;
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
