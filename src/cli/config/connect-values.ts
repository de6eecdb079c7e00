// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import type { Parsed, ValueType } from "./value-type.ts";
import { wrong } from "./value-type.ts";
import { type Endpoint, endpoint } from "./values.ts";

/** A database server to which OpenVTAP connects. */
export type ConnectTarget =
  | (Endpoint & { readonly transport: "tcp" | "tls" })
  | { readonly transport: "unix"; readonly path: string };

const TARGET = /^(?:(tcp|ssl):(.+)|unix:(.+))$/;

/** Database servers, each in the notation of Open vSwitch; a single string is a list of one. */
export const connectTargets: ValueType<readonly ConnectTarget[]> = {
  text: "list of `tcp:HOST:PORT`, `ssl:HOST:PORT` and `unix:PATH`",
  schema: z.union([z.string().regex(TARGET), z.array(z.string().regex(TARGET))]),
  parse(value) {
    const list: unknown[] = Array.isArray(value) ? value : [value];
    const targets: ConnectTarget[] = [];
    for (const each of list) {
      const target = targetOf(each);
      if (target === undefined) {
        const remedy = 'write "tcp:HOST:PORT", "ssl:HOST:PORT" or "unix:PATH"';
        return wrong(each, "a database server", remedy);
      }
      targets.push(target);
    }
    return { ok: true, value: targets };
  },
  mapPaths: (targets, map) =>
    targets.map((target) =>
      target.transport === "unix" ? { ...target, path: map(target.path) } : target,
    ),
};

function targetOf(value: unknown): ConnectTarget | undefined {
  const [, scheme, address, path] = (typeof value === "string" && TARGET.exec(value)) || [];
  if (path !== undefined) return { transport: "unix", path };
  const parsed: Parsed<Endpoint> = endpoint.parse(address);
  if (!parsed.ok || parsed.value.port === 0) return undefined;
  return { transport: scheme === "ssl" ? "tls" : "tcp", ...parsed.value };
}

/** What OpenVTAP presents where it connects over TLS, and the authority of the other side: paths of PEM files. */
export interface ConnectTlsConfig {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

const PEM_FILE = z.string().min(1);
const CONNECT_TLS: z.ZodType<ConnectTlsConfig> = z.strictObject({
  key: PEM_FILE.meta({ description: "PEM file: private key of the controller" }),
  cert: PEM_FILE.meta({ description: "PEM file: certificate of the controller" }),
  ca: PEM_FILE.meta({ description: "PEM file: authorities of the certificates of switches" }),
});

export const connectTls: ValueType<ConnectTlsConfig> = {
  text: "`{ key, cert, ca }`, each the path of a PEM file",
  schema: CONNECT_TLS,
  parse(value) {
    const { success, data } = CONNECT_TLS.safeParse(value);
    if (success) return { ok: true, value: data };
    return wrong(value, "an object of three paths", 'write { "key": …, "cert": …, "ca": … }');
  },
  mapPaths: ({ key, cert, ca }, map) => ({ key: map(key), cert: map(cert), ca: map(ca) }),
};
