// SPDX-License-Identifier: Apache-2.0
import { isLoopbackAddress } from "../../access/loopback.ts";
import type { ServeConfig } from "./serve-config.ts";
import { formatEndpoint } from "./values.ts";

/** The settings under which REST would be open to more clients than the operator may know. */
export function accessErrors(config: ServeConfig): string[] {
  const { auth, http, httpTlsCert, httpTlsKey, httpClientCa, metricsTokenFile } = config;
  const errors: string[] = [];
  const isExposed = !isLoopback(http.host);
  if (auth === undefined && isExposed) {
    const what = `without auth every client of ${formatEndpoint(http)} may do everything`;
    const remedy = "name an auth file with --auth (vtap token create makes one)";
    errors.push(`${what}, ${remedy}, or let http be a loopback address`);
  }
  const hasTls = httpTlsCert !== undefined && httpTlsKey !== undefined;
  if (auth !== undefined && isExposed && !hasTls && !config.httpInsecureBehindProxy) {
    const what = `tokens would pass the network readable on the way to ${formatEndpoint(http)}`;
    const remedy = "add --http-tls-cert and --http-tls-key";
    const otherwise = "--http-insecure-behind-proxy where a proxy ends TLS";
    errors.push(`${what}, ${remedy}, or ${otherwise}`);
  }
  if ((httpTlsCert === undefined) !== (httpTlsKey === undefined)) {
    const [given, missing] = httpTlsKey === undefined ? ["Cert", "Key"] : ["Key", "Cert"];
    errors.push(`httpTls${given} has no effect without httpTls${missing}, name both, or neither`);
  }
  if (httpClientCa !== undefined && (auth === undefined || !hasTls)) {
    const missing = hasTls ? "auth" : "httpTlsCert and httpTlsKey";
    errors.push(`httpClientCa has no effect without ${missing}, add that, or leave it out`);
  }
  if (auth === undefined && metricsTokenFile !== undefined) {
    errors.push("metricsTokenFile has no effect without auth, name an auth file, or leave it out");
  }
  return errors;
}

/** Whether only programs of this machine reach a host. The name `localhost` is one: RFC 6761 §6.3. */
function isLoopback(host: string): boolean {
  return host.toLowerCase() === "localhost" || isLoopbackAddress(host);
}
