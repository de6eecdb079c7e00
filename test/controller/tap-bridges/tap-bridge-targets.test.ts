// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { TapBridgeTargets } from "../../../src/controller/tap-bridges/tap-bridge-targets.ts";

const LOCAL = { host: "0.0.0.0", port: 6653, tls: false };

test.each([
  "unix:/var/run/openvswitch/db.sock",
  "tcp:127.0.0.1:6640",
  "127.0.0.1:40000",
  "[::1]:40000",
  "[::ffff:127.0.0.1]:40000",
  "::ffff:127.0.0.1",
  "localhost:6640",
])("a database at %s is on this machine", (peer) => {
  const targets = new TapBridgeTargets(undefined);
  targets.listening([LOCAL]);
  expect(targets.of({ peer })).toBe("tcp:127.0.0.1:6653");
});

test.each(["192.0.2.1:40000", "[::ffff:192.0.2.127]:40000", "[2001:db8::1]:6640"])(
  "for a database at %s the setting says where OpenVTAP is",
  (peer) => {
    const targets = new TapBridgeTargets(undefined);
    targets.listening([LOCAL]);
    expect(targets.of({ peer })).toEqual({
      obstacle: expect.stringContaining("tapBridgeController"),
    });
    expect(new TapBridgeTargets("tcp:192.0.2.9:6653").of({ peer })).toBe("tcp:192.0.2.9:6653");
  },
);

test("an address with TLS is taken where there is no other one", () => {
  const targets = new TapBridgeTargets(undefined);
  expect(targets.of({ peer: "unix:db" })).toMatchObject({ obstacle: expect.any(String) });
  targets.listening([{ host: "::", port: 6654, tls: true }]);
  expect(targets.of({ peer: "unix:db" })).toBe("ssl:[::1]:6654");
});
