// SPDX-License-Identifier: Apache-2.0
import { PassThrough, pipeline, Readable } from "node:stream";
import { constants, createBrotliCompress, createGzip } from "node:zlib";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { acceptedEncoding, type Encoding } from "./accepted-encoding.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /**
     * The answer has a secret beside texts that a web page may choose: compressed, its length would reveal the
     * secret bit by bit (BREACH).
     */
    readonly hasSecret?: true;
  }
}

/** Shorter answers gain nothing. */
const LEAST_BYTES = 1024;

/** Answers that are compressed at the same time; others are sent as they are. Each takes up to a megabyte. */
const MOST_AT_ONCE = 32;

/** Compressed in the thread pool, quick rather than small. */
const BROTLI = {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: 4,
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    // 256 kB: the default of 4 MB would be allocated for each answer.
    [constants.BROTLI_PARAM_LGWIN]: 18,
  },
};
const GZIP = { level: 4 };

/**
 * Compresses JSON answers for clients that accept it. Event streams are not sent by fastify and so not concerned.
 * Answers with a strong ETag are sent as they are: it stands for these bytes, and is the tag of a write.
 */
export function compressAnswers(app: FastifyInstance): void {
  let open = 0;
  app.addHook("onSend", async (request, reply, payload: unknown) => {
    if (!isCompressible(request, reply, payload)) return payload;
    reply.header("vary", "accept-encoding");
    const encoding = acceptedEncoding(request.headers["accept-encoding"]);
    if (encoding === undefined || open >= MOST_AT_ONCE) return payload;
    open++;
    reply.header("content-encoding", encoding);
    reply.removeHeader("content-length");
    return compressed(payload, encoding, () => open--);
  });
}

function isCompressible(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): payload is string | Readable {
  const isLong =
    payload instanceof Readable ||
    (typeof payload === "string" && Buffer.byteLength(payload) >= LEAST_BYTES);
  if (!isLong || request.method === "HEAD" || reply.statusCode !== 200) return false;
  if (request.routeOptions.config.hasSecret || reply.hasHeader("set-cookie")) return false;
  if (!String(reply.getHeader("content-type")).startsWith("application/json")) return false;
  const etag = reply.getHeader("etag");
  return etag === undefined || String(etag).startsWith("W/");
}

/** The compressed payload: no more of it is made than the client reads. */
function compressed(payload: string | Readable, encoding: Encoding, ended: () => void): Readable {
  const source = typeof payload === "string" ? Readable.from([payload]) : payload;
  const compressor = encoding === "br" ? createBrotliCompress(BROTLI) : createGzip(GZIP);
  const sent = new PassThrough();
  // An error is that of the client which has gone, or destroys the answer, which cannot be completed.
  pipeline(source, compressor, sent, ended);
  return sent;
}
