// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  BundleControlType,
  echoRequest,
  flowMod,
  flowRequest,
  MultipartFlags,
  packetOut,
} from "../../src/openflow/index.ts";
import type { OpenFlowListener } from "../../src/openflow-session/index.ts";
import { waitFor } from "../lab/index.ts";
import { FakeClock } from "./fake-clock.ts";
import { FOUND_FLAGS, portDesc, ScriptedPeer } from "./scripted-peer.ts";
import { listen, SessionLog } from "./session-log.ts";

let log: SessionLog;
let clock: FakeClock;
let listener: OpenFlowListener;
let port: number;
const peers: ScriptedPeer[] = [];

beforeEach(async () => {
  log = new SessionLog();
  clock = new FakeClock();
  ({ listener, port } = await listen(log, { clock }));
});
afterEach(async () => {
  for (const peer of peers.splice(0)) peer.end();
  await listener.close("the test is over");
});

async function raw(): Promise<ScriptedPeer> {
  const peer = await ScriptedPeer.connect(port);
  peers.push(peer);
  return peer;
}

async function switchPeer(dpid = 1n, more: { auxiliaryId?: number } = {}): Promise<ScriptedPeer> {
  const peer = await ScriptedPeer.switch(port, dpid, more);
  peers.push(peer);
  return peer;
}

const reason = () => waitFor(() => log.reasons.at(-1), { what: "a logged reason" });

describe("handshake", () => {
  test("a switch comes up with its features, description and ports", async () => {
    const peer = await ScriptedPeer.connect(port);
    peers.push(peer);
    expect(await peer.next("hello")).toMatchObject({
      version: 5,
      elements: [{ type: "versionBitmap", bitmaps: [0x20] }],
    });
    peer.send({ type: "hello", elements: [] });
    // Port changes before the reply are older than the list; changes after it are newer.
    peer.send({ type: "portStatus", reason: 2, desc: portDesc(1, { name: "old" }) });
    await peer.answerHandshake(1n, { ports: [portDesc(1), portDesc(2)] });
    peer.send({ type: "portStatus", reason: 1, desc: portDesc(2) });
    const session = await log.session();
    expect(session.dpid).toBe("0000000000000001");
    // Other applications share the fragment mode.
    expect(await peer.next("setConfig")).toMatchObject({ flags: FOUND_FLAGS, missSendLen: 0xffff });
    expect(session.description.software).toBe("scripted");
    await waitFor(() => session.ports.size === 1);
    expect(session.ports.get(1)?.name).toBe("p1");
    expect(listener.session(session.dpid)).toBe(session);
  });

  test("a peer of OpenFlow 1.0 receives the reason for its rejection", async () => {
    const peer = await raw();
    peer.send({ version: 1, xid: 7, type: "hello", elements: [] });
    await peer.closed;
    const hello = peer.inbox[0];
    const text = "this controller speaks OpenFlow 1.4 only; the switch offers 1.0";
    // Error (1), HELLO_FAILED (0), INCOMPATIBLE (0), the xid of their hello, and a text.
    expect(peer.received.subarray(16).toString("latin1")).toBe(
      `\x05\x01\x00${String.fromCharCode(12 + text.length)}\0\0\0\x07\0\0\0\0${text}`,
    );
    expect(hello?.type).toBe("hello");
    expect(await reason()).toBe("the peer speaks OpenFlow 1.0, not 1.4");
    expect(listener.rejections).toMatchObject([
      { address: "127.0.0.1", reason: "the peer speaks OpenFlow 1.0, not 1.4", count: 1 },
    ]);
  });

  test("a bitmap without 1.4 is rejected, whatever the version byte", async () => {
    const peer = await raw();
    const elements = [{ type: "versionBitmap", bitmaps: [(1 << 4) | (1 << 6)] }] as const;
    peer.send({ version: 6, type: "hello", elements });
    await peer.closed;
    expect(await reason()).toContain("1.3, 1.5");
  });

  test("a bitmap with 1.4 is accepted from a peer that prefers 1.5", async () => {
    const peer = await raw();
    const elements = [{ type: "versionBitmap", bitmaps: [(1 << 5) | (1 << 6)] }] as const;
    peer.send({ version: 6, type: "hello", elements });
    await peer.answerHandshake(1n, {});
    await log.session();
  });

  for (const [name, bytes, words] of [
    [
      "HTTP",
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
      /not OpenFlow: the connection begins with 47455420/,
    ],
    ["zeros", Buffer.alloc(64), /not OpenFlow/],
    ["a huge hello", Buffer.from("0500ffff00000000", "hex"), /not OpenFlow/],
    ["a hello with a broken element", Buffer.from("0500000c000000000001ffff", "hex"), /malformed/],
    [
      "a message before the hello",
      Buffer.from("0506002000000000".padEnd(64, "0"), "hex"),
      /not Op/,
    ],
  ] as const) {
    test(`${name} ends the connection with a reason`, async () => {
      const peer = await raw();
      peer.socket.write(bytes);
      await peer.closed;
      expect(await reason()).toMatch(words);
      expect(log.lines).toEqual([]);
    });
  }

  test("single bytes are reassembled", async () => {
    const peer = await raw();
    for (const byte of Buffer.from("0500001000000000000100080000 0020".replace(" ", ""), "hex")) {
      peer.socket.write(Buffer.from([byte]));
    }
    await peer.answerHandshake(1n, {});
    await log.session();
  });

  test("a silent peer is closed when the handshake times out", async () => {
    const peer = await raw();
    await peer.next("hello");
    clock.advance(4_999);
    expect(peer.socket.destroyed).toBe(false);
    clock.advance(1);
    await peer.closed;
    expect(await reason()).toBe("the handshake took more than 5000 ms");
  });

  test("auxiliary connections are not supported", async () => {
    await switchPeer(1n);
    const main = await log.session();
    const peer = await switchPeer(1n, { auxiliaryId: 1 });
    await peer.closed;
    expect(main.isOpen).toBe(true);
    expect(log.lines).toEqual(["up 01"]);
  });
});

describe("lifetime", () => {
  test("a newer connection of the same switch replaces the older one", async () => {
    const first = await switchPeer(1n);
    await log.session();
    await switchPeer(1n);
    await first.next("echoRequest");
    clock.advance(9_999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(log.lines).toEqual(["up 01"]);
    clock.advance(1);
    await first.closed;
    await waitFor(() => log.lines.length === 3);
    expect(log.lines[0]).toBe("up 01");
    expect(log.lines[1]).toMatch(/^down 01: replaced by a newer connection from 127/);
    expect(log.lines[2]).toBe("up 01");
    expect(listener.session(log.sessions[0]?.dpid ?? ("" as never))).toBe(log.sessions[0]);
  });

  test("a switch that is silent within the timeout keeps its session", async () => {
    await listener.close("again");
    ({ listener, port } = await listen(log, { clock, session: { echoTimeoutMs: 3_000 } }));
    const first = await switchPeer(1n);
    await log.session();
    const second = await switchPeer(1n);
    const { xid, data } = await first.next("echoRequest");
    clock.advance(2_999);
    first.send({ type: "echoReply", xid, data });
    await second.closed;
    // Any received data proves that the switch is alive.
    const third = await switchPeer(1n);
    await first.next("echoRequest");
    clock.advance(1_000);
    first.send({ type: "packetIn", ...PACKET_IN });
    await waitFor(() => log.lines.includes("packet-in 3"));
    clock.advance(2_000);
    await third.closed;
    const fourth = await switchPeer(1n);
    await first.next("echoRequest");
    clock.advance(3_000);
    await first.closed;
    await waitFor(() => log.lines.length === 4);
    expect(log.lines[2]).toMatch(/^down 01: replaced by a newer connection/);
    expect(fourth.socket.destroyed).toBe(false);
  });

  test("a second connection of a live switch is rejected and publishes no event", async () => {
    const first = await switchPeer(1n);
    await log.session();
    const second = await switchPeer(1n);
    const { xid, data } = await first.next("echoRequest");
    second.send({ type: "packetIn", ...PACKET_IN });
    await new Promise((resolve) => setImmediate(resolve));
    first.send({ type: "echoReply", xid, data });
    await second.closed;
    expect(log.lines).toEqual(["up 01"]);
    expect(log.reasons.at(-1)).toMatch(/^another switch with its datapath id is connected: 127/);
    expect(log.sessions[0]?.isOpen).toBe(true);
  });

  test("echo requests are answered with their data", async () => {
    const peer = await switchPeer();
    await log.session();
    peer.send(echoRequest({ xid: 77, data: Buffer.from("are you there") }));
    const { xid, data } = await peer.next("echoReply");
    expect([xid, Buffer.from(data).toString()]).toEqual([77, "are you there"]);
  });

  test("a silent switch gets an echo request and is disconnected without a reply", async () => {
    const peer = await switchPeer();
    await log.session();
    clock.advance(5_000);
    const probe = await peer.next("echoRequest");
    peer.send({ type: "echoReply", xid: probe.xid, data: probe.data });
    peer.send({ type: "packetIn", ...PACKET_IN });
    await waitFor(() => log.lines.includes("packet-in 3"));
    clock.advance(10_000);
    expect(log.lines.at(-1)).toBe("packet-in 3");
    clock.advance(5_000);
    await peer.next("echoRequest");
    clock.advance(10_000);
    expect(log.lines.at(-1)).toBe("down 01: nothing received for 15000 ms");
  });

  test("malformed data ends its session and no other", async () => {
    const bad = await switchPeer(1n);
    await switchPeer(2n);
    await waitFor(() => log.sessions.length === 2);
    bad.socket.write(Buffer.from("050e000c00000000ffffffff", "hex"));
    await bad.closed;
    expect(log.lines.at(-1)).toMatch(/^down 01: malformed message: /);
    expect(log.sessions.map(({ dpid }) => dpid.slice(-2))).toEqual(["02"]);
    expect(log.sessions[0]?.isOpen).toBe(true);
  });

  test("a message of an unknown type is answered with an error, and the session goes on", async () => {
    const peer = await switchPeer();
    const session = await log.session();
    peer.socket.write(Buffer.from("05c8000800000009", "hex"));
    expect(await peer.next("error")).toMatchObject({ errorType: 1, errorCode: 1, xid: 9 });
    expect(session.isOpen).toBe(true);
  });

  test("close ends every session", async () => {
    const [a, b] = [await switchPeer(1n), await switchPeer(2n)];
    const half = await raw();
    await waitFor(() => log.sessions.length === 2);
    await listener.close("shutting down");
    await Promise.all([a.closed, b.closed, half.closed]);
    expect(log.lines.slice(2)).toEqual(["down 01: shutting down", "down 02: shutting down"]);
    expect(clock.pending).toBe(0);
  });

  test("a port in use is an outcome", async () => {
    const other = await listen(new SessionLog(), {
      addresses: [{ host: "127.0.0.1", port }],
    }).catch((error: Error) => error.message);
    expect(other).toBe(`OpenFlow address 127.0.0.1:${port} is in use by another program`);
  });

  test("a foreign address is an outcome", async () => {
    const other = await listen(new SessionLog(), {
      addresses: [{ host: "192.0.2.1", port: 0 }],
    }).catch((error: Error) => error.message);
    expect(other).toBe("OpenFlow address 192.0.2.1:0: this machine has no such address");
  });

  test("an IPv6 address is written in brackets", async () => {
    const other = await listen(new SessionLog(), {
      addresses: [{ host: "2001:db8::1", port: 0 }],
    }).catch((error: Error) => error.message);
    // The rest of the text depends on whether the machine has IPv6.
    expect(other).toMatch(/^OpenFlow (address )?\[2001:db8::1\]:0: /);
  });
});

describe("requests", () => {
  test("replies find their requests in any order", async () => {
    const peer = await switchPeer();
    const session = await log.session();
    const [a, b] = [session.barrier(), session.barrier()];
    const first = await peer.next("barrierRequest");
    const second = await peer.next("barrierRequest");
    peer.send({ type: "barrierReply", xid: second.xid });
    peer.send({ type: "error", xid: first.xid, errorType: 1, errorCode: 1, data: Buffer.alloc(0) });
    expect(await b).toMatchObject({ type: "reply" });
    expect(await a).toMatchObject({ type: "error", error: { errorType: 1, errorCode: 1 } });
  });

  test("a timeout and the end of the session are outcomes", async () => {
    const peer = await switchPeer();
    const session = await log.session();
    const late = session.barrier({ timeoutMs: 100 });
    const { xid } = await peer.next("barrierRequest");
    clock.advance(100);
    expect(await late).toEqual({ type: "timeout" });
    peer.send({ type: "barrierReply", xid });
    const never = session.barrier();
    await peer.next("barrierRequest");
    peer.end();
    expect(await never).toMatchObject({ type: "closed" });
    expect(await session.barrier()).toMatchObject({ type: "closed" });
  });

  test("a multipart reply is assembled, up to a limit", async () => {
    await listener.close("again");
    ({ listener, port } = await listen(log, { clock, session: { maxReplyBytes: 2000 } }));
    const peer = await switchPeer();
    const session = await log.session();
    const answer = (xid: number, flags: number) =>
      peer.send({
        type: "multipartReply",
        xid,
        flags,
        multipart: { type: "groupDesc", entries: [ENTRY] },
      });
    const whole = session.multipart({ type: "groupDesc" });
    const first = await peer.next("multipartRequest");
    answer(first.xid, MultipartFlags.More);
    answer(first.xid, 0);
    expect(await whole).toMatchObject({ type: "reply", reply: [{ entries: [ENTRY] }, {}] });
    const endless = session.multipart(flowRequest());
    const second = await peer.next("multipartRequest");
    answer(second.xid, MultipartFlags.More);
    expect(await endless).toMatchObject({ type: "unexpected" });
    const tooLong = session.multipart({ type: "groupDesc" });
    const third = await peer.next("multipartRequest");
    for (let part = 0; part < 100; part++) answer(third.xid, MultipartFlags.More);
    expect(await tooLong).toMatchObject({ type: "unexpected", reason: /exceeds 2000 bytes/ });
  });
});

describe("bulk", () => {
  const mods = (length: number) =>
    Array.from({ length }, (_, n) => flowMod({ match: { ethDst: n }, priority: 7 }));

  test("a bundle is opened, filled, checked by a barrier and committed", async () => {
    const peer = await switchPeer();
    const session = await log.session();
    const outcome = session.bundle(mods(3));
    await acknowledge(peer, BundleControlType.OpenRequest);
    for (let n = 0; n < 3; n++) {
      const add = await peer.next("bundleAddMessage");
      expect(add.xid).toBe(add.message.xid);
      expect(add.flags).toBe(3);
    }
    const barrier = await peer.next("barrierRequest");
    peer.send({ type: "barrierReply", xid: barrier.xid });
    await acknowledge(peer, BundleControlType.CommitRequest);
    expect(await outcome).toEqual({ type: "committed" });
  });

  test("an error before the commit discards the bundle and names its message", async () => {
    const peer = await switchPeer();
    const session = await log.session();
    const outcome = session.bundle(mods(3));
    await acknowledge(peer, BundleControlType.OpenRequest);
    await peer.next("bundleAddMessage");
    const { xid } = await peer.next("bundleAddMessage");
    peer.send({ type: "error", xid, errorType: 5, errorCode: 1, data: Buffer.alloc(0) });
    const barrier = await peer.next("barrierRequest");
    peer.send({ type: "barrierReply", xid: barrier.xid });
    expect((await peer.next("bundleControl")).bundleControlType).toBe(
      BundleControlType.DiscardRequest,
    );
    expect(await outcome).toMatchObject({
      type: "refused",
      failures: [{ index: 1, error: { text: expect.stringContaining("TABLE_FULL") } }],
    });
  });

  test("a switch without bundles reports it once", async () => {
    const peer = await switchPeer();
    const session = await log.session();
    const outcome = session.bundle(mods(3));
    const { xid } = await peer.next("bundleControl");
    peer.send({ type: "error", xid, errorType: 1, errorCode: 1, data: Buffer.alloc(0) });
    expect(await outcome).toMatchObject({ type: "unsupported" });
    expect(peer.inbox).toEqual([]);
  });

  test("a switch that does not read costs a bounded amount of memory, and its session", async () => {
    await listener.close("again");
    ({ listener, port } = await listen(log, { clock, session: { echoIntervalMs: 60_000 } }));
    const peer = await switchPeer();
    const session = await log.session();
    const healthy = await switchPeer(2n);
    await waitFor(() => log.sessions.length === 2);
    peer.socket.pause();
    let asked = 0;
    const large = packetOut({ data: new Uint8Array(32_768) });
    const outcome = session.sendAll({
      length: 1_000_000,
      at: (index) => {
        asked = index;
        return large;
      },
    });
    let before = -1;
    await waitFor(
      () => {
        const stuck = asked === before;
        before = asked;
        return stuck && asked > 0;
      },
      { everyMs: 100 },
    );
    // The kernel buffers some megabytes, the session 256 KiB; the rest has not been requested.
    expect(asked).toBeLessThan(1_000);
    expect((await pingpong(healthy)).type).toBe("echoReply");
    clock.advance(10_000);
    clock.advance(10_000);
    expect(await outcome).toMatchObject({ type: "unknown" });
    expect(log.lines.at(-1)).toBe("down 01: the peer has read nothing for 10000 ms");
  });
});

async function acknowledge(peer: ScriptedPeer, type: number): Promise<void> {
  const { xid, bundleId, bundleControlType, flags } = await peer.next("bundleControl");
  expect(bundleControlType).toBe(type);
  peer.send({
    type: "bundleControl",
    xid,
    bundleId,
    bundleControlType: type + 1,
    flags,
    properties: [],
  });
}

function pingpong(peer: ScriptedPeer) {
  peer.send(echoRequest());
  return peer.next("echoReply");
}

const ENTRY = { groupType: 0, groupId: 5, buckets: [] };
const PACKET_IN = {
  bufferId: 0xffffffff,
  totalLen: 3,
  reason: 0,
  tableId: 0,
  cookie: 0n,
  match: [],
  data: Buffer.from([1, 2, 3]),
};
