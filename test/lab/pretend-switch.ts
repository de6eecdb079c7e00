// SPDX-License-Identifier: Apache-2.0
import { connect, type Socket } from "node:net";
import {
  BadRequestCode,
  ControllerRole,
  decodeMessage,
  ErrorType,
  encodeMessage,
  Framer,
  type Message,
  type MultipartReplyBody,
  OFP_VERSION,
  RoleReason,
} from "../../src/openflow/index.ts";

/** Counters of one port of a pretended switch. */
export interface PretendedDrops {
  rxDropped?: bigint;
  txDropped?: bigint;
}

/** How a simulated switch differs from the default. */
export interface Pretence {
  readonly ports?: readonly number[];
}

/**
 * A switch that accepts everything and does nothing: for many switches at once, and for behaviour that
 * Open vSwitch does not show on demand. It has no tables: they read as empty.
 */
export class PretendSwitch {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  /** By port number; missing ports count 0. */
  readonly drops = new Map<number, PretendedDrops>();
  /** Number of messages received, by type; of multipart requests, by their multipart type. */
  readonly received = new Map<string, number>();
  /** The controller's role here: a slave's changes are refused. */
  role: number = ControllerRole.Equal;
  /** Whether it leaves multipart requests unanswered, and nothing else. */
  isMute = false;
  #isDeafSoon = false;
  readonly #dpid: bigint;
  readonly #ports: readonly number[];
  readonly #framer = new Framer();

  private constructor(socket: Socket, dpid: bigint, { ports = [1, 2, 3] }: Pretence) {
    this.socket = socket;
    this.#dpid = dpid;
    this.#ports = ports;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      for (const frame of this.#framer.push(chunk)) this.#answer(decodeMessage(frame));
    });
    this.#send({ type: "hello", elements: [{ type: "versionBitmap", bitmaps: [1 << 5] }] });
  }

  /** Connects to a controller on this machine; the handshake then runs by itself. */
  static connect(port: number, dpid: bigint, pretence: Pretence = {}): Promise<PretendSwitch> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => resolve(new PretendSwitch(socket, dpid, pretence)));
    });
  }

  /** Changes the controller's role, and announces it with a role status unless `announces` is false. */
  setRole(role: number, { announces = true } = {}): void {
    this.role = role;
    const reason = RoleReason.Config;
    if (announces)
      this.#send({ type: "roleStatus", role, reason, generationId: 0n, properties: [] });
  }

  /** Stops reading after the description, the last request of the handshake. */
  stopReadingAfterHandshake(): void {
    this.#isDeafSoon = true;
  }

  /** Breaks the connection. */
  end(): void {
    this.socket.destroy();
  }

  #send(message: DistributiveOmit<Message, "version" | "xid">, xid = 0): void {
    this.socket.write(encodeMessage({ version: OFP_VERSION, xid, ...message } as Message));
  }

  #answer(message: Message): void {
    const { xid } = message;
    const type = message.type === "multipartRequest" ? message.multipart.type : message.type;
    this.received.set(type, (this.received.get(type) ?? 0) + 1);
    switch (message.type) {
      case "featuresRequest": {
        const features = { nBuffers: 0, nTables: 254, capabilities: 0, reserved: 0 };
        this.#send(
          { type: "featuresReply", datapathId: this.#dpid, auxiliaryId: 0, ...features },
          xid,
        );
        return;
      }
      case "echoRequest":
        this.#send({ type: "echoReply", data: message.data }, xid);
        return;
      case "barrierRequest":
        this.#send({ type: "barrierReply" }, xid);
        return;
      case "bundleControl": {
        if (this.role === ControllerRole.Slave) {
          this.#refuse(xid, BadRequestCode.IS_SLAVE);
          return;
        }
        // The number of each reply follows that of its request.
        const bundleControlType = message.bundleControlType + 1;
        this.#send({ ...message, bundleControlType }, xid);
        return;
      }
      case "roleRequest":
        this.#send({ type: "roleReply", role: this.role, generationId: message.generationId }, xid);
        return;
      case "multipartRequest":
        if (this.isMute) return;
        this.#multipart(message.multipart.type, xid);
        if (type === "desc" && this.#isDeafSoon) this.socket.pause();
        return;
      default:
        return;
    }
  }

  #multipart(type: string, xid: number): void {
    const multipart = this.#body(type);
    if (multipart) this.#send({ type: "multipartReply", flags: 0, multipart }, xid);
    else this.#refuse(xid, BadRequestCode.BAD_MULTIPART);
  }

  #refuse(xid: number, errorCode: number): void {
    const { BadRequest: errorType } = ErrorType;
    this.#send({ type: "error", errorType, errorCode, data: new Uint8Array() }, xid);
  }

  #body(type: string): MultipartReplyBody | undefined {
    switch (type) {
      case "desc":
        return { type, ...DESCRIPTION };
      case "portDesc":
        return { type, ports: this.#ports.map(portDesc) };
      case "portStats":
        return { type, entries: this.#ports.map((port) => this.#stats(port)) };
      case "flow":
      case "groupDesc":
        return { type, entries: [] };
      default:
        return undefined;
    }
  }

  #stats(portNo: number) {
    const { rxDropped = 0n, txDropped = 0n } = this.drops.get(portNo) ?? {};
    const traffic = { rxPackets: 0n, txPackets: 0n, rxBytes: 0n, txBytes: 0n };
    const losses = { rxDropped, txDropped, rxErrors: 0n, txErrors: 0n };
    return { portNo, durationSec: 1, durationNsec: 0, ...traffic, ...losses, properties: [] };
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

const DESCRIPTION = {
  manufacturer: "OpenVTAP tests",
  hardware: "",
  software: "simulated",
  serialNumber: "",
  datapathDescription: "",
};

function portDesc(portNo: number) {
  const hwAddr = 0x0200_0000_0000 + portNo;
  return { portNo, hwAddr, name: `p${portNo}`, config: 0, state: 0, properties: [] };
}
