import type { Dpid } from "../topology/index.ts";
import type { Session } from "./session.ts";

/** By datapath id: fingerprints of the certificates that the switch may have. */
export type CertificatePins = ReadonlyMap<Dpid, readonly string[]>;

/**
 * Why a session cannot be the switch it says it is, as a clause; undefined when it can. A pin holds on
 * every listener: else a plain one would be the way around it.
 */
export function pinProblem(
  { dpid, certificate, isTls }: Pick<Session, "dpid" | "certificate" | "isTls">,
  pins: CertificatePins,
): string | undefined {
  const allowed = pins.get(dpid);
  if (!allowed) return undefined;
  if (!isTls) return "its certificate is pinned, and it has connected without TLS";
  if (certificate === undefined) return "its certificate is pinned, and it has shown none";
  if (allowed.includes(certificate)) return undefined;
  return `its certificate (SHA-256 ${certificate}) is not the one that is pinned`;
}
