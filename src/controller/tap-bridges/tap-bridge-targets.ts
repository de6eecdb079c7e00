// SPDX-License-Identifier: Apache-2.0
import type { OpenAddress } from "../../openflow-session/listener.ts";
import type { OvsdbSession } from "../../ovsdb-session/index.ts";

/** Where bridges of OpenVTAP's own connect to it. */
export class TapBridgeTargets {
  readonly #configured: string | undefined;
  #local: string | undefined;

  /** `configured`: for all bridges, as `Controller` rows have it. */
  constructor(configured: string | undefined) {
    this.#configured = configured;
  }

  /** OpenVTAP listens on these addresses. */
  listening(addresses: readonly OpenAddress[]): void {
    const found = addresses.find(({ tls }) => !tls) ?? addresses[0];
    if (found === undefined) return;
    const { host, port, tls } = found;
    const wildcards: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "[::1]" };
    const address = wildcards[host] ?? (host.includes(":") ? `[${host}]` : host);
    this.#local = `${tls ? "ssl" : "tcp"}:${address}:${port}`;
  }

  /** For the bridge in a database, or why that is not known, a clause. */
  of({ peer }: Pick<OvsdbSession, "peer">): string | { readonly obstacle: string } {
    if (this.#configured !== undefined) return this.#configured;
    if (this.#local === undefined) return { obstacle: "OpenVTAP does not listen for switches yet" };
    if (/^(unix:|(tcp:|ssl:)?(\[?(::ffff:)?127\.|\[?::1\b|localhost))/.test(peer))
      return this.#local;
    const what =
      "its database is on another machine, and the bridge for taps there must know OpenVTAP's address";
    return { obstacle: `${what}: set "tapBridgeController"` };
  }
}
