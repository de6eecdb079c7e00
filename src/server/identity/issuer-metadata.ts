// SPDX-License-Identifier: Apache-2.0
import { isObject } from "../../lang/is-object.ts";
import { requestService, ServiceError } from "./service-request.ts";

/**
 * What an OpenID Connect issuer says of itself.
 *
 * @throws ServiceError when it does not answer as it should.
 * @see OpenID Connect Discovery 1.0 §4
 */
export async function issuerMetadata(
  issuer: string,
  timeoutMs: number,
): Promise<Readonly<Record<string, unknown>>> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const response = await requestService(url, {}, timeoutMs);
  const metadata: unknown = response.ok ? await response.json().catch(() => undefined) : undefined;
  if (!isObject(metadata)) throw new ServiceError(`${url} answers ${response.status}, not JSON`);
  // Otherwise keys of another issuer would be those of this one.
  if (metadata.issuer !== issuer) {
    const other = JSON.stringify(metadata.issuer);
    throw new ServiceError(`${url} is of issuer ${other}, not of the one named`);
  }
  return metadata;
}

/**
 * An address that the metadata of an issuer names: by https, as the issuer is; by http only from an issuer that is
 * itself on loopback.
 *
 * @throws ServiceError when it names none; `what` is that in a text.
 */
export function addressIn(
  metadata: Readonly<Record<string, unknown>>,
  key: string,
  what: string,
): string {
  const { issuer, [key]: address } = metadata;
  if (typeof address === "string" && URL.canParse(address)) {
    const { protocol } = new URL(address);
    const mayBePlain = new URL(String(issuer)).protocol === "http:";
    if (protocol === "https:" || (protocol === "http:" && mayBePlain)) return address;
  }
  throw new ServiceError(`its metadata names no https URL of ${what}`);
}
