// SPDX-License-Identifier: Apache-2.0
import type { PeerCertificate } from "node:tls";

/**
 * Why the certificate of a switch is not accepted, and what to do.
 *
 * `code`: of OpenSSL. `certificate`: as far as it is known, it is not where the handshake has ended.
 *
 * @see X509_STORE_CTX_get_error(3)
 */
export function certificateProblem(
  code: string,
  certificate: Pick<PeerCertificate, "valid_from" | "valid_to"> | null = null,
): string {
  switch (code) {
    case "CERT_HAS_EXPIRED":
      // A certificate above it in the chain may be the one.
      if (Date.parse(certificate?.valid_to ?? "") > Date.now()) {
        return "the authority of the switch's certificate has expired; renew it, and the certificates that it has signed";
      }
      return `the switch's certificate has expired${at("on", certificate?.valid_to)}; give the switch a new one: ovs-vsctl set-ssl KEY CERTIFICATE AUTHORITY`;
    case "CERT_NOT_YET_VALID":
      return `the switch's certificate is not valid yet${at("from", certificate?.valid_from)}; compare the clocks of both machines`;
    default: {
      const words = code.toLowerCase().replaceAll("_", " ");
      return `no trusted authority has signed the switch's certificate (${words}); sign it with an authority of the setting "ca", or add the authority there`;
    }
  }
}

const at = (word: string, time: string | undefined) => (time ? ` (${word} ${time})` : "");

const RENEW = 'renew the setting "cert", then have it read again with SIGHUP';

/** By the end of the code, because its beginning depends on the version of OpenSSL. @see RFC 8446 §6.2 */
const ALERTS: readonly (readonly [end: string, words: string])[] = [
  [
    "ALERT_UNKNOWN_CA",
    "the switch does not trust the authority that signed the controller's certificate; name that authority on the switch: ovs-vsctl set-ssl KEY CERTIFICATE AUTHORITY",
  ],
  [
    "ALERT_CERTIFICATE_EXPIRED",
    `for the switch the controller's certificate has expired; ${RENEW}`,
  ],
  [
    "ALERT_BAD_CERTIFICATE",
    `the switch does not accept the controller's certificate; compare the clocks of both machines, or ${RENEW}`,
  ],
  [
    "ALERT_CERTIFICATE_UNKNOWN",
    `the switch does not accept the controller's certificate; compare the clocks of both machines, or ${RENEW}`,
  ],
];

/** The words for an alert by which a switch ends the handshake, or for what is no TLS; undefined: another failure. */
export function tlsFailure({ code = "" }: NodeJS.ErrnoException): string | undefined {
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER") return "the switch does not speak TLS";
  return ALERTS.find(([end]) => code.endsWith(end))?.[1];
}

/** Whether a code is one of the verification of a certificate. */
export function isVerification(code: string): boolean {
  return /^(CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|INVALID_CA$|PATH_LENGTH_)/.test(code);
}
