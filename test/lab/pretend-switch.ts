// SPDX-License-Identifier: Apache-2.0
import { connect, type Socket } from "node:net";
import { Band, cookieOf, TAP_TABLE } from "../../src/flow-model/index.ts";
import {
  BadRequestCode,
  ControllerRole,
  decodeMessage,
  ErrorType,
  encodeMessage,
  type FlowEntry,
  Framer,
  type Message,
  type MultipartReplyBody,
  type MultipartRequestBody,
  match,
  OFP_VERSION,
  PacketInReason,
  Port,
  PortReason,
  RoleReason,
} from "../../src/openflow/index.ts";
import { pushedVlan } from "../../src/packet/index.ts";
import { inParts, type PretendTables } from "./pretend-tables.ts";

/** Counters of one port of a pretended switch. */
export interface PretendedDrops {
  rxDropped?: bigint;
  txDropped?: bigint;
}

/** How a simulated switch differs from the default. */
export interface Pretence {
  readonly ports?: readonly number[];
  /** Whether it claims to be Open vSwitch: it gets its extensions, and meters. */
  readonly isOpenVswitch?: boolean;
  /** What it holds and lists. Default: it forgets every entry, and lists none. */
  readonly tables?: PretendTables;
  /** Called with each message that it receives; of a bundle, with those in it. */
  readonly onMessage?: (message: Parameters<PretendTables["apply"]>[0]) => void;
}

/**
 * A switch that accepts everything and does nothing: for many switches at once, and for behaviour that
 * Open vSwitch does not show on demand. Unless it has tables they read as empty.
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
  #awaited: { readonly type: Message["type"]; readonly resolve: () => void }[] = [];
  readonly #dpid: bigint;
  readonly #ports: readonly number[];
  readonly #isOpenVswitch: boolean;
  readonly #tables: PretendTables | undefined;
  readonly #onMessage: Pretence["onMessage"];
  readonly #framer = new Framer();

  private constructor(socket: Socket, dpid: bigint, pretence: Pretence) {
    const { ports = [1, 2, 3], isOpenVswitch = false } = pretence;
    this.socket = socket;
    this.#dpid = dpid;
    this.#ports = ports;
    this.#isOpenVswitch = isOpenVswitch;
    this.#tables = pretence.tables;
    this.#onMessage = pretence.onMessage;
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

  /** Resolves when it receives the next message of a type, in a bundle or not. */
  next(type: Message["type"]): Promise<void> {
    return new Promise((resolve) => this.#awaited.push({ type, resolve }));
  }

  /** Reports ports (all) as up or down, all in one burst. */
  setPorts(isUp: boolean, ports = this.#ports): void {
    const state = isUp ? 0 : PORT_IS_DOWN;
    const messages = ports.map((portNo) =>
      encodeMessage({
        ...{ version: OFP_VERSION, xid: 0, type: "portStatus", reason: PortReason.Modify },
        desc: { ...portDesc(portNo), state },
      }),
    );
    this.socket.write(Buffer.concat(messages));
  }

  /** Hands over a frame that entered by each of these ports, as a discovery rule does, all in one burst. */
  punt(frames: readonly { readonly port: number; readonly bytes: Uint8Array }[]): void {
    const { cookie } = cookieOf("discovery");
    const head = { tableId: TAP_TABLE, cookie, bufferId: 0xffff_ffff };
    const messages = frames.map(({ port, bytes }) =>
      encodeMessage({
        ...{ version: OFP_VERSION, xid: 0, type: "packetIn", ...head },
        ...{ totalLen: bytes.length, reason: PacketInReason.ApplyAction },
        ...{ match: match({ inPort: port }), data: bytes },
      }),
    );
    this.socket.write(Buffer.concat(messages));
  }

  /** Sends a frame back that the controller asks back, with a pushed tag: it parses one tag. */
  #returnTo({ actions, data }: Extract<Message, { type: "packetOut" }>): void {
    const isReturned = actions.some(
      (each) =>
        each.type === "nxController2" || (each.type === "output" && each.port === Port.Controller),
    );
    const push = actions.find((each) => each.type === "pushVlan");
    if (!isReturned || push?.type !== "pushVlan") return;
    const bytes = pushedVlan(data, push.ethertype);
    const head = { tableId: TAP_TABLE, cookie: 0xffffffff_ffffffffn, bufferId: 0xffff_ffff };
    this.#send({
      ...{ type: "packetIn", ...head, totalLen: bytes.length, reason: PacketInReason.PacketOut },
      ...{ match: match({ inPort: Port.Controller }), data: bytes },
    });
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
    const bare = message.type === "bundleAddMessage" ? message.message : message;
    this.#tables?.apply(bare);
    this.#onMessage?.(bare);
    this.#awaited = this.#awaited.filter((each) => {
      if (each.type === bare.type) each.resolve();
      return each.type !== bare.type;
    });
    switch (message.type) {
      case "featuresRequest": {
        const features = { nBuffers: 0, nTables: 254, capabilities: 0, reserved: 0 };
        this.#send(
          { type: "featuresReply", datapathId: this.#dpid, auxiliaryId: 0, ...features },
          xid,
        );
        return;
      }
      case "packetOut":
        this.#returnTo(message);
        return;
      case "getConfigRequest":
        this.#send({ type: "getConfigReply", flags: 0, missSendLen: 128 }, xid);
        return;
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
        this.#multipart(message.multipart, xid);
        if (type === "desc" && this.#isDeafSoon) this.socket.pause();
        return;
      default:
        return;
    }
  }

  #multipart(request: MultipartRequestBody, xid: number): void {
    const parts = this.#tables?.list(request) ?? this.#bodies(request);
    if (parts.length === 0) this.#refuse(xid, BadRequestCode.BAD_MULTIPART);
    for (const [index, multipart] of parts.entries()) {
      const flags = index === parts.length - 1 ? 0 : REPLY_MORE;
      this.#send({ type: "multipartReply", flags, multipart }, xid);
    }
  }

  #refuse(xid: number, errorCode: number): void {
    const { BadRequest: errorType } = ErrorType;
    this.#send({ type: "error", errorType, errorCode, data: new Uint8Array() }, xid);
  }

  /** The parts of an answer; none: it is refused. */
  #bodies(request: MultipartRequestBody): MultipartReplyBody[] {
    const { type } = request;
    switch (type) {
      case "desc":
        return [{ type, ...(this.#isOpenVswitch ? OPEN_VSWITCH : DESCRIPTION) }];
      case "portDesc":
        return inParts(this.#ports, PORTS_PER_PART).map((ports) => ({
          type,
          ports: ports.map(portDesc),
        }));
      case "portStats":
        return inParts(this.#ports, PORTS_PER_PART).map((ports) => {
          return { type, entries: ports.map((port) => this.#stats(port)) };
        });
      case "flow":
        return [{ type, entries: this.#isOpenVswitch ? entriesLike(request) : [] }];
      case "groupDesc":
        return [{ type, entries: [] }];
      case "meterFeatures":
        return this.#isOpenVswitch ? [{ type, ...METER_FEATURES }] : [];
      case "meterConfig":
        return this.#isOpenVswitch ? [{ type, entries: [] }] : [];
      default:
        return [];
    }
  }

  #stats(portNo: number) {
    const { rxDropped = 0n, txDropped = 0n } = this.drops.get(portNo) ?? {};
    const traffic = { rxPackets: 0n, txPackets: 0n, rxBytes: 0n, txBytes: 0n };
    const losses = { rxDropped, txDropped, rxErrors: 0n, txErrors: 0n };
    return { portNo, durationSec: 1, durationNsec: 0, ...traffic, ...losses, properties: [] };
  }
}

/** The rule for probes, which link discovery asks for by its match; other requests match nothing. */
function entriesLike({ match, cookie, tableId }: FlowRequest): FlowEntry[] {
  if (match.length === 0) return [];
  const age = { durationSec: 60, durationNsec: 0, idleTimeout: 0, hardTimeout: 0 };
  const rest = { flags: 0, importance: 0, packetCount: 0n, byteCount: 0n, instructions: [] };
  return [{ tableId, priority: Band.discovery, cookie, match, ...age, ...rest }];
}

/** Ports per part of an answer: a message has at most 65,535 bytes. */
const PORTS_PER_PART = 500;

/** @spec OpenFlow 1.4.1 §7.3.5 (OFPMPF_REPLY_MORE), §7.2.1 (OFPPS_LINK_DOWN) */
const REPLY_MORE = 1;
const PORT_IS_DOWN = 1;

const OPEN_VSWITCH = {
  ...{ manufacturer: "Nicira, Inc.", hardware: "Open vSwitch", software: "pretended" },
  ...{ serialNumber: "None", datapathDescription: "" },
};

const METER_FEATURES = {
  maxMeters: 262_144,
  bandTypes: 2,
  capabilities: 15,
  maxBands: 1,
  maxColor: 0,
};

type FlowRequest = Extract<MultipartRequestBody, { type: "flow" }>;

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
