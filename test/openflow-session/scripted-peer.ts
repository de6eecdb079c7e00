// SPDX-License-Identifier: Apache-2.0
import { connect, type Socket } from "node:net";
import {
  ConfigFlags,
  decodeMessage,
  encodeMessage,
  Framer,
  type Message,
  type MessageOf,
  type MessageType,
  OFP_VERSION,
  type PortDesc,
} from "../../src/openflow/index.ts";

/** How a scripted switch handles fragments when a controller connects: it drops them. */
export const FOUND_FLAGS = ConfigFlags.FragDrop;

/** A scripted switch on a socket, for behaviour that real switches do not show on demand. */
export class ScriptedPeer {
  readonly socket: Socket;
  /** Received messages that no test has awaited yet. */
  readonly inbox: Message[] = [];
  /** All received bytes. */
  received = Buffer.alloc(0);
  readonly closed: Promise<void>;
  #wake: () => void = () => undefined;
  readonly #framer = new Framer();

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => undefined);
    socket.on("close", () => this.#wake());
    socket.on("data", (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      for (const frame of this.#framer.push(chunk)) this.inbox.push(decodeMessage(frame));
      this.#wake();
    });
  }

  static connect(port: number): Promise<ScriptedPeer> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => resolve(new ScriptedPeer(socket)));
    });
  }

  /** A peer that has completed the handshake as a switch. */
  static async switch(
    port: number,
    dpid: bigint,
    more: { auxiliaryId?: number; ports?: readonly PortDesc[] } = {},
  ): Promise<ScriptedPeer> {
    const peer = await ScriptedPeer.connect(port);
    peer.send({ type: "hello", elements: [{ type: "versionBitmap", bitmaps: [1 << 5] }] });
    await peer.answerHandshake(dpid, more);
    return peer;
  }

  async answerHandshake(
    dpid: bigint,
    {
      auxiliaryId = 0,
      ports = [portDesc(1)],
    }: { auxiliaryId?: number; ports?: readonly PortDesc[] },
  ): Promise<void> {
    const { xid } = await this.next("featuresRequest");
    const features = { nBuffers: 0, nTables: 254, capabilities: 0, reserved: 0 };
    this.send({ type: "featuresReply", xid, datapathId: dpid, auxiliaryId, ...features });
    const config = await this.next("getConfigRequest");
    this.send({ type: "getConfigReply", xid: config.xid, flags: FOUND_FLAGS, missSendLen: 128 });
    for (const type of ["portDesc", "desc"] as const) {
      const request = await this.next("multipartRequest");
      const multipart = type === "portDesc" ? { type, ports } : { type, ...DESCRIPTION };
      this.send({ type: "multipartReply", xid: request.xid, flags: 0, multipart });
    }
  }

  /** Sends a message; defaults: version 1.4, xid 0. */
  send(message: DistributiveOmit<Message, "version" | "xid"> & { version?: number; xid?: number }) {
    this.socket.write(encodeMessage({ version: OFP_VERSION, xid: 0, ...message } as Message));
  }

  /** The next message of a type; earlier ones are dropped. */
  async next<T extends MessageType>(type: T): Promise<MessageOf<T>> {
    for (;;) {
      for (let first = this.inbox.shift(); first; first = this.inbox.shift()) {
        if (first.type === type) return first as MessageOf<T>;
      }
      if (this.socket.destroyed) throw new Error(`closed while a ${type} is awaited`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  end(): void {
    this.socket.destroy();
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

const DESCRIPTION = {
  manufacturer: "OpenVTAP tests",
  hardware: "",
  software: "scripted",
  serialNumber: "",
  datapathDescription: "",
};

export function portDesc(portNo: number, more: Partial<PortDesc> = {}): PortDesc {
  const hwAddr = 0x0200_0000_0000 + portNo;
  return { portNo, hwAddr, name: `p${portNo}`, config: 0, state: 0, properties: [], ...more };
}
