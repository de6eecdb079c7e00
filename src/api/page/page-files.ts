// SPDX-License-Identifier: Apache-2.0
import staticFiles from "@fastify/static";
import type { FastifyReply } from "fastify";
import { z } from "zod";
import type { Api } from "../context.ts";

/**
 * Policy of the web page: files and requests of this origin only, no inline code and no inline styles. Icons
 * are files too.
 */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The name of an asset. */
const ASSET = /^\w[\w-]*(\.[\w-]+)+$/;

/** Names of assets contain a hash of their content: what a browser has once is never asked for again. */
const ONE_YEAR_SECONDS = 365 * 24 * 60 * 60;

/**
 * Serves the web page that `directory` contains, as `vite build` makes it: `index.html` and `assets`, each with
 * its compressed forms beside it. The files contain no data of the network, so they need no identity. Routes of
 * the page are in the fragment of its address: no other path leads to it.
 */
export async function servePage(app: Api, directory: string): Promise<void> {
  await app.register(staticFiles, {
    root: directory,
    serve: false,
    preCompressed: true,
    dotfiles: "ignore",
    lastModified: false,
  });
  const hide = { schema: { hide: true } } as const;
  app.get("/", hide, (_request, reply) => {
    reply.header("content-security-policy", CONTENT_POLICY);
    return send(reply, "index.html", "no-cache");
  });
  app.get(
    "/assets/:file",
    { schema: { hide: true, params: z.object({ file: z.string() }) } },
    (request, reply) => {
      const { file } = request.params;
      // Of a parameter nothing is read but the name of a file beside the others.
      if (!ASSET.test(file)) return reply.callNotFound();
      return send(reply, `assets/${file}`, `public, max-age=${ONE_YEAR_SECONDS}, immutable`);
    },
  );
}

function send(reply: FastifyReply, file: string, cacheControl: string): FastifyReply {
  reply.header("vary", "accept-encoding");
  return reply.sendFile(file, { cacheControl: false }).header("cache-control", cacheControl);
}
