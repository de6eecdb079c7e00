// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import type { KeystoneService } from "../../access/identity-services.ts";
import type { Moment } from "../../access/moment.ts";
import { requestService, SERVICE_TIMEOUT_MS, ServiceError } from "./service-request.ts";

type Account = NonNullable<KeystoneService["account"]>;

/** A token is renewed so long before it expires: it must not expire on the way. */
const MARGIN_MS = 60_000;

/** After a refused login there is no other one for so long: Keystone may lock accounts that fail often. */
const REFUSAL_PAUSE_MS = 5000;

const answerSchema = z.object({ token: z.object({ expires_at: z.string() }) });

interface OwnToken {
  readonly token: string;
  readonly renewAtMs: number;
}

/** The account that asks Keystone who has a token, with its own token. */
export class KeystoneAccount {
  readonly #url: string;
  readonly #account: Account;
  readonly #timeoutMs: number;
  #own: OwnToken | undefined;
  #renewal: Promise<OwnToken> | undefined;
  #refusal: { readonly error: ServiceError; readonly untilMs: number } | undefined;

  /** `url`: where Keystone issues tokens. */
  constructor(url: string, account: Account, timeoutMs = SERVICE_TIMEOUT_MS) {
    this.#url = url;
    this.#account = account;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * A token that is valid now as far as is known.
   *
   * @throws ServiceError when Keystone issues none.
   */
  async token(now: Moment): Promise<string> {
    if (this.#own && now.wallMs < this.#own.renewAtMs) return this.#own.token;
    if (this.#refusal && now.steadyMs < this.#refusal.untilMs) throw this.#refusal.error;
    this.#renewal ??= this.#issue(now).finally(() => {
      this.#renewal = undefined;
    });
    this.#own = await this.#renewal;
    return this.#own.token;
  }

  /** A token that Keystone refuses is not used again. */
  forget(token: string): void {
    if (this.#own?.token === token) this.#own = undefined;
  }

  async #issue({ steadyMs }: Moment): Promise<OwnToken> {
    const { user, password, project, domain: id } = this.#account;
    const domain = { id };
    const auth = {
      identity: { methods: ["password"], password: { user: { name: user, password, domain } } },
      scope: { project: { name: project, domain } },
    };
    const login = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ auth }),
    };
    const response = await requestService(`${this.#url}?nocatalog`, login, this.#timeoutMs);
    const token = response.headers.get("x-subject-token");
    const read = answerSchema.safeParse(await response.json().catch(() => undefined));
    if (response.status !== 201 || token === null || !read.success) {
      const error = new ServiceError(`it answers ${response.status} to the login of ${user}`);
      this.#refusal = { error, untilMs: steadyMs + REFUSAL_PAUSE_MS };
      throw error;
    }
    return { token, renewAtMs: Date.parse(read.data.token.expires_at) - MARGIN_MS };
  }
}
