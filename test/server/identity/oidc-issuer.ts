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
import type { OidcConfig } from "../../../src/access/identity-services.ts";

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

/** The provider stores nothing: JWTs are valid by themselves. */
class NoStore {
  async upsert(): Promise<void> {}
  async find(): Promise<undefined> {}
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
    this.#port = port;
    this.#clients = clients;
    this.#key = key;
    this.#answer = this.#provider(key).callback();
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
    this.#answer = this.#provider(this.#key).callback();
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
      clients: Object.keys(this.#clients).map((client_id) => ({
        ...{ client_id, client_secret: SECRET, grant_types: ["client_credentials"] },
        ...{ redirect_uris: [], response_types: [] },
      })),
      jwks: { keys: [{ ...jwk, kid, use: "sig", alg: "RS256" }] },
      cookies: { keys: [SECRET] },
      adapter: NoStore,
      ttl: { ClientCredentials: 600 },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: { enabled: true, getResourceServerInfo: () => resource },
      },
      extraTokenClaims: (_: unknown, { clientId }: { clientId: string }) => this.#clients[clientId],
    });
  }
}
