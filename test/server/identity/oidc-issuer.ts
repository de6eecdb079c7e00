// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from "jose";
import Provider from "oidc-provider";
import { onTestFinished } from "vitest";
import type { OidcConfig, OidcService } from "../../../src/access/identity-services.ts";

const AUDIENCE = "openvtap";
const SECRET = "a secret of every client";

interface Key {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  /** The private key. */
  readonly jwk: JWK;
}

async function newKey(kid: string): Promise<Key> {
  const pair = await generateKeyPair("RS256", { extractable: true });
  return { kid, ...pair, jwk: await exportJWK(pair.privateKey) };
}

type Payload = Record<string, unknown>;

/** What the provider stores: sessions of its users, codes, grants. JWTs of clients are valid by themselves. */
class MemoryStore {
  static readonly #all = new Map<string, Payload>();
  readonly #kind: string;

  constructor(kind: string) {
    this.#kind = kind;
  }

  async upsert(id: string, payload: Payload): Promise<void> {
    MemoryStore.#all.set(`${this.#kind}:${id}`, payload);
  }

  async find(id: string): Promise<Payload | undefined> {
    return MemoryStore.#all.get(`${this.#kind}:${id}`);
  }

  async findByUid(uid: string): Promise<Payload | undefined> {
    return [...MemoryStore.#all.values()].find((each) => each.uid === uid);
  }

  async consume(id: string): Promise<void> {
    const payload = await this.find(id);
    if (payload) payload.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id: string): Promise<void> {
    MemoryStore.#all.delete(`${this.#kind}:${id}`);
  }

  async revokeByGrantId(): Promise<void> {}
}

/** Of what belongs to a login, in seconds. */
const LIFETIMES = { Interaction: 600, Grant: 3600, Session: 3600, AccessToken: 600, IdToken: 3600 };

/** The client by which users of browsers log in. */
const PAGE_CLIENT = "openvtap-page";

/** A request of the provider's own code. */
interface Context {
  readonly oidc: {
    readonly provider: { readonly Grant: new (of: object) => Grant };
    readonly client: { readonly clientId: string };
    readonly session: { readonly accountId: string };
  };
}

interface Grant {
  addOIDCScope(scope: string): void;
  save(): Promise<string>;
}

/** How a token differs from a valid one. */
interface Forgery {
  /** Undefined: without the claim. */
  readonly claims?: Record<string, unknown>;
  readonly header?: Record<string, unknown>;
  readonly key?: CryptoKey | Uint8Array;
}

/** A real OpenID Connect provider on loopback: its clients get JWTs with the claims that the test names. */
export class OidcIssuer {
  readonly config: OidcConfig;
  /** The same with the client for logins. */
  readonly loginConfig: OidcService;
  /** The user who logs in next. */
  user = "alice";
  /** The claims of its users. */
  readonly users: Record<string, object> = { alice: { roles: ["operator"] } };
  /** The requests that it has got. */
  readonly requests: string[] = [];
  readonly #clients: Readonly<Record<string, object>>;
  readonly #port: number;
  #server: Server;
  #key: Key;
  #answer: RequestListener;

  private constructor(port: number, key: Key, clients: Readonly<Record<string, object>>) {
    const issuer = `http://127.0.0.1:${port}`;
    this.config = { issuer, audience: AUDIENCE, roleClaim: "roles", projectClaim: "team" };
    const { projectClaim: _, ...config } = this.config;
    this.loginConfig = { ...config, clientId: PAGE_CLIENT, clientSecret: SECRET };
    this.#port = port;
    this.#clients = clients;
    this.#key = key;
    this.#answer = this.#logIn(this.#provider(key));
    this.#server = this.#newServer();
  }

  /** Starts it on a free port; the caller stops it. */
  static async open(clients: Readonly<Record<string, object>>): Promise<OidcIssuer> {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    taken.close();
    await once(taken, "close");
    const issuer = new OidcIssuer(port, await newKey("first"), clients);
    await issuer.start();
    return issuer;
  }

  /** The same, until the test ends. */
  static async forTest(clients: Readonly<Record<string, object>>): Promise<OidcIssuer> {
    const issuer = await OidcIssuer.open(clients);
    onTestFinished(() => issuer.stop());
    return issuer;
  }

  /** Lets it answer again after `stop`. */
  async start(): Promise<void> {
    this.#server = this.#newServer();
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  /** Replaces its key by a new one. */
  async rotate(): Promise<void> {
    this.#key = await newKey("second");
    this.#answer = this.#logIn(this.#provider(this.#key));
  }

  /** Replaces what it answers. */
  answerWith(answer: RequestListener): void {
    this.#answer = answer;
  }

  /** An access token that the provider issues. */
  async tokenOf(client: string): Promise<string> {
    const response = await fetch(`${this.config.issuer}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`${client}:${encodeURIComponent(SECRET)}`)}` },
      body: new URLSearchParams({ grant_type: "client_credentials", resource: "urn:openvtap" }),
    });
    const answer = (await response.json()) as { access_token?: string };
    if (answer.access_token === undefined) throw new Error(JSON.stringify(answer));
    return answer.access_token;
  }

  /** A token of `admin` with the key of the provider, which differs from a valid one as the test says. */
  forged({ claims = {}, header = {}, key = this.#key.privateKey }: Forgery = {}): Promise<string> {
    return new SignJWT({ ...this.#claims(), ...claims })
      .setProtectedHeader({ alg: "RS256", kid: this.#key.kid, ...header })
      .sign(key);
  }

  /** The same without a signature. */
  unsigned(): string {
    return new UnsecuredJWT(this.#claims()).encode();
  }

  /** The same, signed with the public key as a shared secret. */
  async signedWithPublicKey(): Promise<string> {
    const key = new TextEncoder().encode(await exportSPKI(this.#key.publicKey));
    return this.forged({ header: { alg: "HS256" }, key });
  }

  /** The same, signed by a key that only claims to be the provider's. */
  async signedByOther(): Promise<string> {
    return this.forged({ key: (await newKey("other")).privateKey });
  }

  /** Logs in the user whom the test has named, without a question. */
  #logIn(provider: Provider): RequestListener {
    const answer = provider.callback();
    return (request, response) => {
      if (!request.url?.startsWith("/interaction/")) return answer(request, response);
      const result = { login: { accountId: this.user }, consent: {} };
      void provider.interactionFinished(request, response, result);
    };
  }

  #claims(): JWTPayload {
    const now = Math.floor(Date.now() / 1000);
    const { issuer: iss } = this.config;
    return { iss, aud: AUDIENCE, sub: "mallory", iat: now, exp: now + 600, roles: ["admin"] };
  }

  #newServer(): Server {
    return createServer((request, response) => {
      this.requests.push(`${request.method} ${request.url}`);
      this.#answer(request, response);
    });
  }

  #provider({ kid, jwk }: Key): Provider {
    const resource = {
      ...{ audience: AUDIENCE, scope: "taps", accessTokenFormat: "jwt", accessTokenTTL: 600 },
      jwt: { sign: { alg: "RS256" } },
    };
    return new Provider(this.config.issuer, {
      clients: [
        ...Object.keys(this.#clients).map((client_id) => ({
          ...{ client_id, client_secret: SECRET, grant_types: ["client_credentials"] },
          ...{ redirect_uris: [], response_types: [] },
        })),
        {
          ...{ client_id: PAGE_CLIENT, client_secret: SECRET, grant_types: ["authorization_code"] },
          // Of a native one any port of a loopback address is allowed.
          ...{ response_types: ["code"], application_type: "native" },
          redirect_uris: ["127.0.0.1", "localhost"].map(
            (host) => `http://${host}/api/v1/session/oidc/callback`,
          ),
        },
      ],
      jwks: { keys: [{ ...jwk, kid, use: "sig", alg: "RS256" }] },
      cookies: { keys: [SECRET] },
      adapter: MemoryStore,
      claims: { openid: ["sub"], profile: ["roles", "team"] },
      conformIdTokenClaims: false,
      findAccount: (_: unknown, accountId: string) => ({
        accountId,
        claims: () => ({ sub: accountId, ...this.users[accountId] }),
      }),
      interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
      loadExistingGrant: async ({ oidc: { provider, client, session } }: Context) => {
        const grant = new provider.Grant({
          ...{ clientId: client.clientId, accountId: session.accountId },
        });
        grant.addOIDCScope("openid profile");
        await grant.save();
        return grant;
      },
      ttl: { ...LIFETIMES, ClientCredentials: 600 },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: { enabled: true, getResourceServerInfo: () => resource },
      },
      extraTokenClaims: (_: unknown, { clientId }: { clientId: string }) => this.#clients[clientId],
    });
  }
}
