// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

const AN_HOUR_MS = 3_600_000;

/**
 * An OpenID Connect issuer and a Keystone on loopback, as far as OpenVTAP asks them: they answer at once, so that what
 * is measured is OpenVTAP.
 */
export class IdentityServices {
  /** A token of each for a user with the role of an administrator. */
  readonly tokens: { readonly jwt: string; readonly keystone: string };
  readonly #server: Server;

  private constructor(server: Server, tokens: IdentityServices["tokens"]) {
    this.#server = server;
    this.tokens = tokens;
  }

  static async open(): Promise<IdentityServices> {
    const { privateKey, publicKey } = await generateKeyPair("RS256");
    const key = { ...(await exportJWK(publicKey)), kid: "bench", alg: "RS256", use: "sig" };
    const keystone = randomBytes(24).toString("base64url");
    const server = createServer((request, response) => {
      const issuer = urlOf(server);
      const answers: Readonly<Record<string, unknown>> = {
        "/.well-known/openid-configuration": { issuer, jwks_uri: `${issuer}/keys` },
        "/keys": { keys: [key] },
        "/v3/auth/tokens": keystoneAnswer(),
      };
      const answer = answers[request.url?.split("?")[0] ?? ""];
      response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(answer ?? {}));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const jwt = await new SignJWT({ roles: ["admin"] })
      .setProtectedHeader({ alg: "RS256", kid: "bench" })
      .setIssuer(urlOf(server))
      .setAudience("openvtap")
      .setSubject("bench")
      .setExpirationTime("1h")
      .sign(privateKey);
    return new IdentityServices(server, { jwt, keystone });
  }

  /** What the auth file says of them. */
  get config(): object {
    const url = urlOf(this.#server);
    return {
      oidc: { issuer: url, audience: "openvtap", roleClaim: "roles" },
      keystone: { url: `${url}/v3` },
    };
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function keystoneAnswer(): object {
  const domain = { id: "default", name: "Default" };
  const roles = [{ name: "admin" }];
  const expires_at = new Date(Date.now() + AN_HOUR_MS).toISOString();
  return {
    token: { user: { name: "bench", domain }, project: { id: "bench" }, roles, expires_at },
  };
}
