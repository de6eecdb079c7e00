// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { readExamples } from "../../scripts/demo/network.ts";
import { Referee } from "../../scripts/demo/referee.ts";
import {
  arpRequest,
  type End,
  pingFrame,
  tcpFrame,
  udpFrame,
} from "../../scripts/demo/rootless/frames.ts";

const { network, policies } = readExamples("examples/topology.json", "examples/policies.json");
const referee = new Referee(network, policies);

const client: End = { mac: "fa:00:00:00:00:01", ip: "10.1.1.1" };
const server: End = { mac: "fa:00:00:00:00:02", ip: "10.1.1.2" };
const request = tcpFrame(client, server, [40_000, 80], "GET / HTTP/1.1\r\n\r\n");
const response = tcpFrame(server, client, [80, 40_000], "HTTP/1.1 200 OK\r\n\r\n");

type ByHost = Record<string, readonly Uint8Array[]>;
const judge = (sent: ByHost, got: ByHost) =>
  referee.judge(new Map(Object.entries(sent)), new Map(Object.entries(got)));

test("a tapped conversation arrives completely", () => {
  const findings = judge(
    { h1: [request], h2: [response] },
    { h1: [response], h2: [request], h3: [request, response], h4: [] },
  );
  expect(findings.originals).toEqual({ expected: 2, arrived: 2 });
  expect(findings.copies).toEqual({ expected: 2, arrived: 2 });
  expect(findings.stray).toEqual([]);
  expect(findings.policies[0]).toEqual({
    id: "web-to-ids",
    matched: 2,
    arrived: new Map([["h3", 2]]),
  });
});

test("each of two monitors should get its copy", () => {
  const query = udpFrame(client, server, [40_000, 53], Buffer.from("query"));
  const findings = judge({ h1: [query] }, { h2: [query], h3: [query], h4: [] });
  expect(findings.copies).toEqual({ expected: 2, arrived: 1 });
});

test("a broadcast is due at every other host, and no policy taps it", () => {
  const frame = arpRequest(client, server);
  const findings = judge({ h1: [frame] }, { h2: [frame], h3: [frame], h4: [frame] });
  expect(findings.originals).toEqual({ expected: 3, arrived: 3 });
  expect(findings.copies.expected).toBe(0);
  expect(findings.untapped).toBe(1);
});

test("ping-to-recorder does not match the reply to a ping", () => {
  const [echo, reply] = [pingFrame(client, server, 8, 1), pingFrame(server, client, 0, 1)];
  const findings = judge({ h1: [echo], h2: [reply] }, { h1: [reply], h2: [echo], h4: [echo] });
  expect(findings.copies).toEqual({ expected: 1, arrived: 1 });
  expect(findings.stray).toEqual([]);
});

describe("faults that are found", () => {
  test("a copy with one changed bit is missing, and a stray", () => {
    const changed = Uint8Array.from(request);
    changed[20] = (changed[20] ?? 0) ^ 1;
    const findings = judge({ h1: [request] }, { h2: [request], h3: [changed] });
    expect(findings.copies).toEqual({ expected: 1, arrived: 0 });
    expect(findings.stray).toEqual([{ host: "h3", frame: changed }]);
  });

  test("a copy that arrived twice", () => {
    const findings = judge({ h1: [request] }, { h2: [request], h3: [request, request] });
    expect(findings.copies).toEqual({ expected: 1, arrived: 1 });
    expect(findings.stray).toEqual([{ host: "h3", frame: request }]);
  });

  test("a copy at the wrong monitor, an original that returned to its sender", () => {
    const findings = judge({ h1: [request] }, { h1: [request], h2: [request], h4: [request] });
    expect(findings.copies.arrived).toBe(0);
    expect(findings.stray.map(({ host }) => host)).toEqual(["h1", "h4"]);
  });
});
