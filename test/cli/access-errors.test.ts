// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { resolveConfig } from "../../src/cli/index.ts";
import { JsonDocument } from "../../src/topology/index.ts";

function errors(settings: object): readonly string[] {
  const readFile = () => JSON.stringify(settings);
  const argv = ["--config", "c.json"];
  const result = resolveConfig({ argv, env: {}, readFile, parseJson: JsonDocument.parse });
  return result.ok ? [] : result.errors;
}

const TLS = { httpTlsCert: "cert.pem", httpTlsKey: "key.pem" };
const OTHERS = ["0.0.0.0:80", "[::]:80", "192.0.2.1:80", "[fd00::1]:80", "example.org:80"];
const LOOPBACK = [
  "127.0.0.1:80",
  "127.9.9.9:80",
  "[::1]:80",
  "[0:0::1]:0",
  "localhost:80",
  "LocalHost:1",
];

test.each(LOOPBACK)("without an auth file REST listens on %s", (http) => {
  expect(errors({ http })).toEqual([]);
  expect(errors({ http, ...TLS })).toEqual([]);
});

test.each(OTHERS)(
  "without an auth file REST does not listen on %s, whatever protects the way",
  (http) => {
    const expected = [
      `without auth every client of ${http} may do everything, name an auth file with --auth (vtap token create makes one), or let http be a loopback address`,
    ];
    expect(errors({ http })).toEqual(expected);
    expect(errors({ http, ...TLS })).toEqual(expected);
    expect(errors({ http, httpInsecureBehindProxy: true })).toEqual(expected);
  },
);

test.each(OTHERS)("with an auth file %s needs TLS, or a proxy that ends it", (http) => {
  const auth = "auth.json";
  expect(errors({ http, auth })).toEqual([
    `tokens would pass the network readable on the way to ${http}, add --http-tls-cert and --http-tls-key, or --http-insecure-behind-proxy where a proxy ends TLS`,
  ]);
  expect(errors({ http, auth, ...TLS })).toEqual([]);
  expect(errors({ http, auth, httpInsecureBehindProxy: true })).toEqual([]);
});

test.each(LOOPBACK)("with an auth file %s needs no TLS", (http) => {
  expect(errors({ http, auth: "auth.json" })).toEqual([]);
});

test("a key without a certificate, and the other way round", () => {
  expect(errors({ httpTlsKey: "k" })).toEqual([
    "httpTlsKey has no effect without httpTlsCert, name both, or neither",
  ]);
  expect(errors({ httpTlsCert: "c" })).toEqual([
    "httpTlsCert has no effect without httpTlsKey, name both, or neither",
  ]);
});

test("a metrics token without an auth file", () => {
  expect(errors({ metricsTokenFile: "m" })).toEqual([
    "metricsTokenFile has no effect without auth, name an auth file, or leave it out",
  ]);
});

test("the flag of the proxy takes no value, and its variable true or false", () => {
  const resolve = (argv: string[], env: Record<string, string> = {}) =>
    resolveConfig({ argv, env, readFile: () => "", parseJson: JsonDocument.parse });
  const flag = ["--http-insecure-behind-proxy"];
  expect(resolve(flag)).toMatchObject({ config: { httpInsecureBehindProxy: true } });
  const variable = (value: string) => resolve([], { VTAP_HTTP_INSECURE_BEHIND_PROXY: value });
  expect(variable("true")).toMatchObject({ config: { httpInsecureBehindProxy: true } });
  expect(variable("false")).toMatchObject({ config: { httpInsecureBehindProxy: false } });
  expect(variable("yes")).toMatchObject({
    errors: [
      'VTAP_HTTP_INSECURE_BEHIND_PROXY: "yes" is not true or false, write one of them, without quotes',
    ],
  });
});

test("an authority of clients without TLS or without an auth file", () => {
  const [auth, httpClientCa] = ["auth.json", "ca.pem"];
  expect(errors({ auth, httpClientCa, ...TLS })).toEqual([]);
  expect(errors({ auth, httpClientCa })).toEqual([
    "httpClientCa has no effect without httpTlsCert and httpTlsKey, add that, or leave it out",
  ]);
  expect(errors({ httpClientCa, ...TLS })).toEqual([
    "httpClientCa has no effect without auth, add that, or leave it out",
  ]);
});
