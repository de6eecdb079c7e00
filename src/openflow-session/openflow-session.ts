import type { Duplex } from "node:stream";
import {
  BadRequestCode,
  barrierRequest,
  ControllerRole,
  ErrorType,
  echoReply,
  echoRequest,
  featuresRequest,
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
import { type Dpid, dpidFromBigint } from "../topology/index.ts";
import { Connection } from "./connection.ts";
import { Correlation, type Waiter } from "./correlation.ts";
import { negotiateVersion } from "./hello.ts";
import { startKeepalive } from "./keepalive.ts";
import { LivePorts } from "./live-ports.ts";
import { MultipartParts } from "./multipart-parts.ts";
import type { MessageOf, RequestOutcome } from "./outcome.ts";
import type { Role, Session, SessionEvents, SwitchDescription } from "./session.ts";
import type { SessionOptions } from "./session-options.ts";
import { Transactions, wordsOf } from "./transactions.ts";

const NO_DESCRIPTION: SwitchDescription = {
  manufacturer: "",
  hardware: "",
  software: "",
  serialNumber: "",
  datapathDescription: "",
};

/** What a session is opened with. */
export interface OpenOptions {
  readonly options: SessionOptions;
  readonly clock: Clock;
  readonly events: Omit<SessionEvents, "up" | "down">;
  /** For people. */
  readonly peer: string;
  readonly isTls?: boolean;
  readonly certificate?: string;
  /** Exactly once, whether the handshake was over or not. */
  readonly closed: (session: OpenFlowSession, reason: string) => void;
}

type Identity = {
  readonly dpid: Dpid;
  readonly features: MessageOf<"featuresReply">;
  readonly description: SwitchDescription;
};

/**
 * One OpenFlow connection.
 *
 * States: greeting (their hello is awaited) -> asking (features, configuration, ports, description)
 * -> up -> closed; closed follows every state. Before `up` nothing is told to the outside.
 */
export class OpenFlowSession implements Session {
  readonly peer: string;
  readonly #options: OpenOptions;
  readonly #connection: Connection;
  readonly #correlation = new Correlation();
  readonly #transactions: Transactions;
  readonly #ports = new LivePorts();
  #state: "greeting" | "asking" | "up" | "closed" = "greeting";
  #identity: Identity | undefined;
  #greeted: () => void = () => undefined;
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
    return this.#known().dpid;
  }

  get features(): MessageOf<"featuresReply"> {
    return this.#known().features;
  }

  get description(): SwitchDescription {
    return this.#known().description;
  }

  get ports(): ReadonlyMap<number, PortDesc> {
    return this.#ports.byNumber;
  }

  /** Whether the switch has said who it is. */
  get isIdentified(): boolean {
    return this.#identity !== undefined;
  }

  get isTls(): boolean {
    return this.#options.isTls ?? false;
  }

  get certificate(): string | undefined {
    return this.#options.certificate;
  }

  /** When something last came in, on the clock. */
  get lastReceived(): number {
    return this.#connection.lastReceived;
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  /** Resolves when the session is up; false when it was closed before. */
  async handshake(): Promise<boolean> {
    this.#connection.send(hello({ xid: this.#correlation.xid() }));
    await new Promise<void>((resolve) => {
      this.#greeted = resolve;
    });
    if (!this.isOpen) return false;
    const { missSendLen } = this.#options.options;
    const features = this.request(featuresRequest(), "featuresReply");
    this.send(setConfig({ missSendLen }));
    // The ports are noted as the parts of this reply come in.
    const ports = this.multipart({ type: "portDesc" });
    const desc = this.multipart({ type: "desc" });
    const identity = this.#identify(await features, await ports, await desc);
    if (!identity || !this.isOpen) return false;
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
    return this.#ask(message, timeoutMs, (done) => ({
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
    return this.#ask<readonly Part[]>(
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

  #known(): Identity {
    if (this.#identity) return this.#identity;
    throw new Error("the session has not come through its handshake");
  }

  #ask<R>(
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
    } else if (this.#state === "greeting") this.#greet(message);
    else if (message.version !== OFP_VERSION) {
      this.close(`a message of version ${message.version} after the hello`);
    } else if (message.type === "portStatus") this.#portStatus(message);
    else {
      // Before whoever asked hears of it: what is refused to a slave is not wrong in itself.
      const role = this.#state === "up" ? roleIn(message) : undefined;
      if (role) this.#options.events.role?.(this, role);
      if (message.type === "multipartReply" && message.multipart.type === "portDesc") {
        this.#ports.listed(message.multipart.ports);
      }
      if (!this.#correlation.dispatch(message, bytes)) this.#unasked(message);
    }
  }

  #greet(message: Message): void {
    const greeting = negotiateVersion(message);
    if (greeting.type === "accepted") {
      this.#state = "asking";
      this.#greeted();
    } else if (greeting.type === "closed") this.close(greeting.reason.trim());
    else this.#connection.refuse(greeting.lastWord, greeting.reason);
  }

  #identify(
    features: RequestOutcome<MessageOf<"featuresReply">>,
    ports: RequestOutcome<unknown>,
    desc: RequestOutcome<readonly SwitchDescription[]>,
  ): Identity | undefined {
    for (const outcome of [features, ports, desc]) {
      if (outcome.type !== "reply") this.close(`the handshake failed: ${wordsOf(outcome)}`);
    }
    if (features.type !== "reply" || desc.type !== "reply") return undefined;
    const { auxiliaryId, datapathId } = features.reply;
    if (auxiliaryId !== 0) {
      this.close("auxiliary connections are not used here");
      return undefined;
    }
    const description = desc.reply[0] ?? NO_DESCRIPTION;
    return { dpid: dpidFromBigint(datapathId), features: features.reply, description };
  }

  #portStatus(message: MessageOf<"portStatus">): void {
    const change = this.#ports.change(message);
    if (this.#state === "up") this.#options.events.portStatus(this, change);
  }

  /** What answers nothing we asked. Late answers are among it: whoever asked has given up. */
  #unasked(message: Message): void {
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
    this.#greeted();
    this.#correlation.failAll(reason);
    this.#options.closed(this, reason);
  }
}

/** The role that a message tells of. */
function roleIn(message: Message): Role | undefined {
  if (message.type === "error") {
    const { errorType, errorCode } = message;
    const isSlave = errorType === ErrorType.BadRequest && errorCode === BadRequestCode.IS_SLAVE;
    return isSlave ? "slave" : undefined;
  }
  if (message.type !== "roleStatus") return undefined;
  if (message.role === ControllerRole.Slave) return "slave";
  return message.role === ControllerRole.Master ? "master" : "equal";
}
