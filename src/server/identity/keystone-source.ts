// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "pino";
import { z } from "zod";
import type { KeystoneService } from "../../access/identity-services.ts";
import type { IdentitySource, Validation } from "../../access/identity-source.ts";
import { identityOfKeystone } from "../../access/keystone-identity.ts";
import type { Moment } from "../../access/moment.ts";
import { KeystoneAccount } from "./keystone-account.ts";
import { ServiceLog } from "./service-log.ts";
import { requestService, SERVICE_TIMEOUT_MS, ServiceError } from "./service-request.ts";

const answerSchema = z.object({
  token: z.object({
    user: z.object({ name: z.string(), domain: z.object({ id: z.string(), name: z.string() }) }),
    project: z.object({ id: z.string() }).optional(),
    roles: z.array(z.object({ name: z.string() })).default([]),
    is_domain: z.boolean().optional(),
    expires_at: z.string(),
  }),
});

/**
 * Identifies clients by tokens of Keystone. With an account of its own it asks as that account; without one each
 * token is shown as its own proof, which Keystone allows.
 *
 * @see OpenStack Identity API v3, "Validate and show information for token"
 */
export class KeystoneSource implements IdentitySource {
  readonly name = "Keystone";
  readonly #url: string;
  readonly #timeoutMs: number;
  readonly #account: KeystoneAccount | undefined;
  readonly #failures: ServiceLog;

  constructor(
    { url, account }: KeystoneService,
    logger: Pick<Logger, "warn">,
    timeoutMs = SERVICE_TIMEOUT_MS,
  ) {
    this.#url = `${url.replace(/\/+$/, "").replace(/\/v3$/, "")}/v3/auth/tokens`;
    this.#timeoutMs = timeoutMs;
    this.#account = account && new KeystoneAccount(this.#url, account, timeoutMs);
    this.#failures = new ServiceLog(logger, { keystone: url });
  }

  async validate(token: string, now: Moment): Promise<Validation> {
    try {
      const account = this.#account;
      return account ? await this.#ask(account, token, now) : await this.#askItself(token);
    } catch (error) {
      this.#failures.failed(error instanceof ServiceError ? error.message : String(error), now);
      return { type: "unavailable" };
    }
  }

  async #askItself(token: string): Promise<Validation> {
    const response = await this.#show(token, token);
    // The token is not valid as proof, so it is not valid.
    if (response.status === 401) return INVALID;
    return validationOf(response);
  }

  async #ask(account: KeystoneAccount, token: string, now: Moment): Promise<Validation> {
    const own = await account.token(now);
    const response = await this.#show(own, token);
    if (response.status !== 401) return validationOf(response);
    // It is not the token of the client that is refused, but that of the account: revoked, or the keys are new.
    account.forget(own);
    return validationOf(await this.#show(await account.token(now), token));
  }

  #show(own: string, token: string): Promise<Response> {
    const headers = { "x-auth-token": own, "x-subject-token": token };
    return requestService(`${this.#url}?nocatalog`, { headers }, this.#timeoutMs);
  }
}

const INVALID: Validation = { type: "invalid", reason: "unknown" };

async function validationOf(response: Response): Promise<Validation> {
  const { status } = response;
  if (status === 404) return INVALID;
  if (status === 403)
    throw new ServiceError(
      "the account may not validate tokens: it needs the role admin or service",
    );
  if (status !== 200) throw new ServiceError(`it answers ${status} to the validation of a token`);
  const read = answerSchema.safeParse(await response.json().catch(() => undefined));
  const expiresAtMs = read.success ? Date.parse(read.data.token.expires_at) : Number.NaN;
  if (!read.success || Number.isNaN(expiresAtMs)) {
    throw new ServiceError("its answer to the validation of a token has another form");
  }
  return { type: "valid", identity: { ...identityOfKeystone(read.data.token), expiresAtMs } };
}
