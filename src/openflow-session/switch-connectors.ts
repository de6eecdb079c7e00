// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../runtime/clock.ts";
import type { Dpid } from "../topology/index.ts";
import { Connector, type ConnectTarget, type ConnectTls } from "../transport/connector.ts";
import type { AcceptedConnection } from "../transport/listening-socket.ts";

interface SwitchConnectorsDeps {
  readonly tls: ConnectTls | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  /** Time limit of an attempt, in milliseconds. */
  readonly timeoutMs: number;
  /** A connection to a switch is there; `ended` is called when it is no more. */
  connected(connection: AcceptedConnection, dpid: Dpid, ended: () => void): void;
  /** An attempt has failed; another one follows. */
  failed(target: ConnectTarget, reason: string): void;
}

/** The connections that OpenVTAP opens itself, to switches that wait for them. */
export class SwitchConnectors {
  readonly #deps: SwitchConnectorsDeps;
  readonly #connectors = new Map<Dpid, Connector>();
  #tls: ConnectTls | undefined;

  constructor(deps: SwitchConnectorsDeps) {
    this.#deps = deps;
    this.#tls = deps.tls;
  }

  /** Connects to these switches, and to no other; connections to the same places stay. */
  set(targets: ReadonlyMap<Dpid, ConnectTarget>): void {
    for (const [dpid, connector] of this.#connectors) {
      if (isDeepStrictEqual(targets.get(dpid), connector.target)) continue;
      connector.close();
      this.#connectors.delete(dpid);
    }
    for (const [dpid, target] of targets) {
      if (this.#connectors.has(dpid)) continue;
      const connector = this.#connectorTo(dpid, target);
      this.#connectors.set(dpid, connector);
      connector.start();
    }
  }

  /** Replaces key and certificates, from the next connection on. */
  reloadTls(tls: ConnectTls): void {
    this.#tls = tls;
  }

  close(): void {
    this.set(new Map());
  }

  #connectorTo(dpid: Dpid, target: ConnectTarget): Connector {
    const { clock, random, timeoutMs, connected, failed } = this.#deps;
    const connector = new Connector(target, {
      ...{ clock, random, timeoutMs, tls: () => this.#tls },
      connected: (connection) => connected(connection, dpid, () => connector.ended()),
      failed: (reason) => failed(target, reason),
    });
    return connector;
  }
}
