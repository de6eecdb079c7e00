// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { targetsOf } from "../../../src/page/connect/targets.ts";

test.each([
  ["127.0.0.1", false, "vtap.example", "tcp:127.0.0.1:6653", true],
  ["0.0.0.0", false, "vtap.example", "tcp:vtap.example:6653", false],
  ["::", true, "[2001:db8::1]", "ssl:[2001:db8::1]:6653", false],
  ["2001:db8::2", false, "vtap.example", "tcp:[2001:db8::2]:6653", false],
  ["::1", true, "localhost", "ssl:[::1]:6653", true],
  ["192.0.2.1", true, "vtap.example", "ssl:192.0.2.1:6653", false],
])("a switch is pointed to %s (TLS: %s), seen from %s", (host, tls, hostname, text, isLocal) => {
  expect(targetsOf([{ host, port: 6653, tls }], hostname)).toEqual([{ text, tls, isLocal }]);
});
