// SPDX-License-Identifier: Apache-2.0
import type { Dpid } from "../topology/index.ts";
import type { Session } from "./session.ts";

/** By datapath id: fingerprints of the certificates that the switch may use. */
export type CertificatePins = ReadonlyMap<Dpid, readonly string[]>;

/**
 * Why a session fails the pinning of its switch, as a clause; undefined when it passes. A pin applies
 * on every listener: otherwise a plain one would bypass it.
 */
export function pinProblem(
  { dpid, certificate, isTls }: Pick<Session, "dpid" | "certificate" | "isTls">,
  pins: CertificatePins,
): string | undefined {
  const allowed = pins.get(dpid);
  if (!allowed) return undefined;
  if (!isTls) return "its certificate is pinned, but it has connected without TLS";
  if (certificate === undefined) return "its certificate is pinned, but it has presented none";
  if (allowed.includes(certificate)) return undefined;
  return `its certificate (SHA-256 ${certificate}) is not the one that is pinned`;
}
