// SPDX-License-Identifier: Apache-2.0
import type { Duplex } from "node:stream";
import {
  barrierRequest,
  echoReply,
  echoRequest,
  featuresRequest,
  getConfigRequest,
  hello,
  type Message,
  type MultipartReplyBody,
  type MultipartRequestBody,
  multipartRequest,
  OFP_VERSION,
  type PortDesc,
  setConfig,
} from "../openflow/index.ts";
import type { CommitOutcome, MessageList, StepOutcome } from "../reconcile/index.ts";
import type { CancelTimer, Clock } from "../runtime/clock.ts";
import type { Dpid } from "../topology/index.ts";
import { startKeepalive } from "../transport/keepalive.ts";
import { Connection } from "./connection.ts";
import { Correlation, type Waiter } from "./correlation.ts";
import { negotiateVersion } from "./hello.ts";
import { LivePorts } from "./live-ports.ts";
import { MultipartParts } from "./multipart-parts.ts";
import { roleReportedBy } from "./reported-role.ts";
import type { MessageOf, RequestOutcome } from "./request-outcome.ts";
import type { Session, SessionEvents, SwitchDescription } from "./session.ts";
import type { SessionOptions } from "./session-options.ts";
import { identifySwitch, type SwitchIdentity } from "./switch-identity.ts";
import { Transactions } from "./transactions.ts";

/** Inputs of a session. */
export interface OpenOptions {
  readonly options: SessionOptions;
  readonly clock: Clock;
  readonly events: Omit<SessionEvents, "up" | "down">;
  /** Address and port, for messages. */
  readonly peer: string;
  readonly isTls?: boolean;
  readonly certificate?: string;
  /** Called exactly once, whether or not the handshake had completed. */
  readonly closed: (session: OpenFlowSession, reason: string) => void;
}

/**
 * One OpenFlow connection.
 *
 * States: hello (waits for the peer's hello) -> identifying (features, configuration, ports,
 * description) -> up -> closed; closed follows every state. No event is published before `up`.
 */
export class OpenFlowSession implements Session {
  readonly peer: string;
  readonly #options: OpenOptions;
  readonly #connection: Connection;
  readonly #correlation = new Correlation();
  readonly #transactions: Transactions;
  readonly #ports = new LivePorts();
  #state: "hello" | "identifying" | "up" | "closed" = "hello";
  #identity: SwitchIdentity | undefined;
  #configFlags = 0;
  #helloReceived: () => void = () => undefined;
  #cancelHandshake: CancelTimer;
  #stopKeepalive: CancelTimer = () => undefined;

  /** Starts the handshake on a stream of bytes. */
  constructor(stream: Duplex, open: OpenOptions) {
    const { options, clock } = open;
    this.#options = open;
    this.peer = open.peer;
    this.#connection = new Connection(stream, options, clock, {
      message: (message, bytes) => this.#receive(message, bytes),
      closed: (reason) => this.#closed(reason),
    });
    this.#transactions = new Transactions({
      connection: this.#connection,
      correlation: this.#correlation,
      requestTimeoutMs: options.requestTimeoutMs,
      request: (message, replyType, more) => this.request(message, replyType, more),
      barrier: (more) => this.barrier(more),
    });
    this.#cancelHandshake = clock.after(options.handshakeTimeoutMs, () =>
      this.close(`the handshake took more than ${options.handshakeTimeoutMs} ms`),
    );
  }

  get dpid(): Dpid {
    return this.#established().dpid;
  }

  get features(): MessageOf<"featuresReply"> {
    return this.#established().features;
  }

  get description(): SwitchDescription {
    return this.#established().description;
  }

  get configFlags(): number {
    return this.#configFlags;
  }

  get ports(): ReadonlyMap<number, PortDesc> {
    return this.#ports.byNumber;
  }

  /** Whether the handshake has identified the switch. */
  get isIdentified(): boolean {
    return this.#identity !== undefined;
  }

  get isTls(): boolean {
    return this.#options.isTls ?? false;
  }

  get certificate(): string | undefined {
    return this.#options.certificate;
  }

  /** When data was last received, on the clock. */
  get lastReceived(): number {
    return this.#connection.lastReceived;
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  /** Resolves to true when the session is up, or to false when it was closed before. */
  async handshake(): Promise<boolean> {
    this.#connection.send(hello({ xid: this.#correlation.xid() }));
    await new Promise<void>((resolve) => {
      this.#helloReceived = resolve;
    });
    if (!this.isOpen) return false;
    const { missSendLen } = this.#options.options;
    const features = this.request(featuresRequest(), "featuresReply");
    const config = this.request(getConfigRequest(), "getConfigReply");
    // The parts of this reply are recorded as they arrive.
    const ports = this.multipart({ type: "portDesc" });
    const desc = this.multipart({ type: "desc" });
    const identity = identifySwitch(await features, await ports, await desc);
    const found = await config;
    if ("problem" in identity) this.close(identity.problem);
    if ("problem" in identity || !this.isOpen) return false;
    // How fragments are handled is the bridge's setting, shared with its other applications.
    this.#configFlags = found.type === "reply" ? found.reply.flags : 0;
    this.send(setConfig({ flags: this.#configFlags, missSendLen }));
    this.#identity = identity;
    this.#cancelHandshake();
    this.#state = "up";
    this.#stopKeepalive = this.#keepalive();
    return true;
  }

  send(message: Message): boolean {
    if (!this.isOpen || this.#connection.isCongested) return false;
    this.#connection.send({ ...message, xid: this.#correlation.xid() });
    return true;
  }

  request<T extends Message["type"]>(
    message: Message,
    replyType: T,
    { timeoutMs }: { readonly timeoutMs?: number } = {},
  ): Promise<RequestOutcome<MessageOf<T>>> {
    return this.#exchange(message, timeoutMs, (done) => ({
      message(reply) {
        if (reply.type === replyType) done({ type: "reply", reply: reply as MessageOf<T> });
        else done({ type: "unexpected", reason: `a ${reply.type} answers a ${message.type}` });
        return true;
      },
      fail: done,
    }));
  }

  multipart<T extends MultipartRequestBody["type"]>(
    body: Extract<MultipartRequestBody, { readonly type: T }>,
    {
      timeoutMs,
      each,
    }: {
      readonly timeoutMs?: number;
      readonly each?: (part: Extract<MultipartReplyBody, { readonly type: T }>) => void;
    } = {},
  ): Promise<RequestOutcome<readonly Extract<MultipartReplyBody, { readonly type: T }>[]>> {
    type Part = Extract<MultipartReplyBody, { readonly type: T }>;
    const { maxReplyBytes } = this.#options.options;
    return this.#exchange<readonly Part[]>(
      multipartRequest(body),
      timeoutMs,
      (done) => new MultipartParts<Part>(body.type as Part["type"], maxReplyBytes, done, each),
    );
  }

  barrier(
    options: { readonly timeoutMs?: number } = {},
  ): Promise<RequestOutcome<MessageOf<"barrierReply">>> {
    return this.request(barrierRequest(), "barrierReply", options);
  }

  bundle(messages: MessageList): Promise<CommitOutcome> {
    return this.#transactions.bundle(messages);
  }

  sendAll(messages: MessageList): Promise<StepOutcome> {
    return this.#transactions.step(messages);
  }

  close(reason: string): void {
    this.#connection.close(reason);
  }

  #established(): SwitchIdentity {
    if (this.#identity) return this.#identity;
    throw new Error("the session has not completed its handshake");
  }

  #exchange<R>(
    message: Message,
    timeoutMs: number | undefined,
    waiter: (done: (outcome: RequestOutcome<R>) => void) => Waiter,
  ): Promise<RequestOutcome<R>> {
    const { clock, options } = this.#options;
    if (!this.isOpen) return Promise.resolve({ type: "closed", reason: "the session has ended" });
    const xid = this.#correlation.xid();
    return new Promise((resolve) => {
      const cancel = clock.after(timeoutMs ?? options.requestTimeoutMs, () => {
        forget();
        resolve({ type: "timeout" });
      });
      const done = (outcome: RequestOutcome<R>) => {
        cancel();
        resolve(outcome);
      };
      const forget = this.#correlation.expect(xid, waiter(done));
      this.#connection.send({ ...message, xid });
    });
  }

  #receive(message: Message, bytes: number): void {
    if (message.type === "echoRequest") {
      this.#connection.send(echoReply({ xid: message.xid, data: message.data }));
    } else if (this.#state === "hello") this.#receiveHello(message);
    else if (message.version !== OFP_VERSION) {
      this.close(`a message of version ${message.version} after the hello`);
    } else if (message.type === "portStatus") this.#portStatus(message);
    else {
      // Before the request fails: a refusal because of the slave role is no fault of the message.
      const role = this.#state === "up" ? roleReportedBy(message) : undefined;
      if (role) this.#options.events.role?.(this, role);
      if (message.type === "multipartReply" && message.multipart.type === "portDesc") {
        this.#ports.listed(message.multipart.ports);
      }
      if (!this.#correlation.dispatch(message, bytes)) this.#unsolicited(message);
    }
  }

  #receiveHello(message: Message): void {
    const negotiation = negotiateVersion(message);
    if (negotiation.type === "accepted") {
      this.#state = "identifying";
      this.#helloReceived();
    } else if (negotiation.type === "closed") this.close(negotiation.reason.trim());
    else this.#connection.reject(negotiation.answer, negotiation.reason);
  }

  #portStatus(message: MessageOf<"portStatus">): void {
    const change = this.#ports.change(message);
    if (this.#state === "up") this.#options.events.portStatus(this, change);
  }

  /** Handles messages that answer no pending request. Late replies are dropped: their request has timed out. */
  #unsolicited(message: Message): void {
    if (this.#state !== "up") return;
    const { events } = this.#options;
    if (message.type === "packetIn") events.packetIn(this, message);
    else if (message.type === "flowRemoved") events.flowRemoved(this, message);
    else if (message.type === "error") events.error(this, message);
  }

  #keepalive(): CancelTimer {
    const { options, clock } = this.#options;
    const watched = {
      lastReceived: () => this.lastReceived,
      probe: () => this.#connection.send(echoRequest({ xid: this.#correlation.xid() })),
      lost: (reason: string) => this.close(reason),
    };
    return startKeepalive(watched, options, clock);
  }

  #closed(reason: string): void {
    this.#state = "closed";
    this.#cancelHandshake();
    this.#stopKeepalive();
    this.#helloReceived();
    this.#correlation.failAll(reason);
    this.#options.closed(this, reason);
  }
}
