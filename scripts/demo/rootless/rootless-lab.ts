// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from "node:timers/promises";
import { OvsLab } from "../../../test/lab/index.ts";
import type { Prerequisite } from "../../prerequisites.ts";
import { dnsAnswer, dnsQuery } from "../dns-message.ts";
import type { DemoLab, Suggestion } from "../lab.ts";
import type { DemoNetwork } from "../network.ts";
import type { Frames } from "../referee.ts";
import { arpReply, arpRequest, type End, pingFrame, tcpFrame, udpFrame } from "./frames.ts";

/** Programs that this lab runs. */
export const ROOTLESS_PROGRAMS: readonly Prerequisite[] = ["ovs-vswitchd"];

const ROUNDS = 12;
const PAUSE_MS = 200;

/**
 * Real switches with simulated hosts: a host is a port, into which frames are injected and at which
 * frames are captured. Needs no root.
 */
export class RootlessLab implements DemoLab {
  readonly #network: DemoNetwork;
  readonly #lab: OvsLab;
  readonly #signal: AbortSignal;
  readonly #sent = new Map<string, Uint8Array[]>();

  private constructor(network: DemoNetwork, lab: OvsLab, signal: AbortSignal) {
    this.#network = network;
    this.#lab = lab;
    this.#signal = signal;
  }

  /** Builds the network. */
  static async start(network: DemoNetwork, signal: AbortSignal): Promise<RootlessLab> {
    const lab = await OvsLab.start();
    try {
      await lab.build({
        switches: network.switches.map(({ name, dpid }) => {
          const hosts = network.hosts.filter((host) => host.switch === name);
          return { name, dpid, hosts };
        }),
        links: network.links.map(({ a, b }) => [a.switch, a.port, b.switch, b.port]),
      });
      return new RootlessLab(network, lab, signal);
    } catch (cause) {
      await lab.stop();
      throw cause;
    }
  }

  get directory(): string {
    return this.#lab.directory;
  }

  get suggestions(): readonly Suggestion[] {
    const [client, server] = [this.#end("h1"), this.#end("h2")];
    const frame = Buffer.from(tcpFrame(client, server, [40_000, 80], "GET /")).toString("hex");
    const environment = `OVS_RUNDIR=${this.directory}`;
    return [
      {
        about: "show the rewriting rules: each group is an original and its copies",
        command: `${environment} ovs-ofctl -O OpenFlow14 dump-groups s1`,
      },
      {
        about: "trace a web request through the client's switch, step by step",
        command: `${environment} ovs-appctl ofproto/trace s1 in_port=1 ${frame}`,
      },
    ];
  }

  async connect(target: string): Promise<void> {
    for (const { name } of this.#network.switches) await this.#lab.setController(name, target);
  }

  async watch(): Promise<void> {
    this.#lab.clear();
    this.#sent.clear();
  }

  sent(): Frames {
    return this.#sent;
  }

  received(): Frames {
    return new Map(this.#network.hosts.map(({ name }) => [name, this.#lab.frames(name)]));
  }

  async sendTraffic(): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      for (const [host, frame] of this.#conversation(round)) await this.#send(host, frame);
      await delay(PAUSE_MS, undefined, { signal: this.#signal });
    }
  }

  /** The frames of one round, in order, each with its sender. */
  #conversation(round: number): (readonly [string, Uint8Array])[] {
    const [client, server, ids] = [this.#end("h1"), this.#end("h2"), this.#end("h3")];
    const port = 40_000 + round;
    const query = dnsQuery(round, "www.example.com");
    return [
      ["h1", arpRequest(client, server)],
      ["h2", arpReply(server, client)],
      ["h1", udpFrame(client, server, [port, 53], query)],
      ["h2", udpFrame(server, client, [53, port], dnsAnswer(query))],
      ...webPage(client, server, port),
      ...webPage(this.#end("h1", 6), this.#end("h2", 6), port),
      ["h1", tcpFrame(client, server, [port, 8443], "not for monitors")],
      ["h2", tcpFrame(server, client, [8443, port], "not for monitors")],
      ["h1", pingFrame(client, server, 8, round)],
      ["h2", pingFrame(server, client, 0, round)],
      // The monitor is an ordinary host, too: frames addressed to it must reach it unchanged.
      ["h1", pingFrame(client, ids, 8, round)],
      ["h3", pingFrame(ids, client, 0, round)],
    ];
  }

  async stop(): Promise<void> {
    await this.#lab.stop();
  }

  #end(name: string, family: 4 | 6 = 4): End {
    const host = this.#network.hosts.find((each) => each.name === name);
    const ip = host?.ips.find((text) => text.includes(":") === (family === 6));
    if (!host || !ip) throw new Error(`the topology has no host ${name} with IPv${family}`);
    return { mac: host.mac, ip };
  }

  async #send(host: string, frame: Uint8Array): Promise<void> {
    this.#signal.throwIfAborted();
    const frames = this.#sent.get(host);
    if (frames) frames.push(frame);
    else this.#sent.set(host, [frame]);
    await this.#lab.inject(host, frame, { cached: true });
  }
}

function webPage(client: End, server: End, port: number): (readonly [string, Uint8Array])[] {
  const page = `HTTP/1.1 200 OK\r\n\r\n${"Hello. ".repeat(200)}`;
  return [
    ["h1", tcpFrame(client, server, [port, 80], "GET / HTTP/1.1\r\n\r\n")],
    ["h2", tcpFrame(server, client, [80, port], page)],
  ];
}
