// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { customIssue } from "../topology/index.ts";
import { isLoopbackAddress } from "./loopback.ts";

const name = z.string().min(1).max(256);

const serviceUrl = z.string().superRefine((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const quoted = JSON.stringify(text);
  // The text may hold a password: it is not quoted.
  if (url && (url.username !== "" || url.password !== "")) {
    context.addIssue(customIssue("the URL holds a user or password", "remove it"));
  } else if (!url || !isProtected(url)) {
    const remedy = "write an https URL; http is for loopback addresses only";
    context.addIssue(customIssue(`${quoted} is no URL of a protected service`, remedy));
  }
});

/** Whether what a service answers cannot be changed on the way. */
function isProtected({ protocol, hostname }: URL): boolean {
  if (protocol === "https:") return true;
  const host = hostname.replace(/^\[|\]$/g, "");
  return protocol === "http:" && (host === "localhost" || isLoopbackAddress(host));
}

/** What only a login of browsers needs. */
const LOGIN_KEYS = ["clientSecretFile", "redirectUrl", "scope"] as const;

/** An OpenID Connect issuer whose access tokens (JWTs) are accepted, and where users of browsers log in. */
export const oidcSchema = z
  .strictObject({
    /** Exactly as in the claim `iss`. */
    issuer: serviceUrl,
    /** What the claim `aud` must contain: one of them. */
    audience: z.union([name, z.array(name).min(1)]),
    roleClaim: name,
    projectClaim: name.optional(),
    /** Default: `sub`. */
    userClaim: name.optional(),
    /** The id of OpenVTAP at the issuer; absent: browsers cannot log in there. */
    clientId: name.optional(),
    /** Absent: the issuer knows the client as a public one. */
    clientSecretFile: name.optional(),
    /** Where the issuer sends browsers back to. */
    redirectUrl: serviceUrl.optional(),
    /** Default: `openid profile`. */
    scope: name.optional(),
  })
  .superRefine((entry, context) => {
    if (entry.scope !== undefined && !entry.scope.split(" ").includes("openid")) {
      const what = `${JSON.stringify(entry.scope)} does not contain "openid"`;
      context.addIssue(customIssue(what, "add it: the login needs an ID token", ["scope"]));
    }
    if (entry.clientId !== undefined) return;
    for (const key of LOGIN_KEYS.filter((each) => entry[each] !== undefined)) {
      const what = `${key} has no effect without clientId`;
      context.addIssue(customIssue(what, "name both, or neither", [key]));
    }
  });

export type OidcConfig = z.output<typeof oidcSchema>;

/** The issuer with the content of the file of the client's secret. */
export interface OidcService extends Omit<OidcConfig, "clientSecretFile"> {
  readonly clientSecret?: string;
}

/** Keystone, the identity service of OpenStack, as the auth file names it. */
export const keystoneSchema = z
  .strictObject({
    /** With or without `/v3`. */
    url: serviceUrl,
    /** The account that asks about tokens; absent: each token is its own proof. */
    user: name.optional(),
    passwordFile: name.optional(),
    /** The name of the account's project. */
    project: name.default("service"),
    /** The id of the domain of both. */
    domain: name.default("default"),
  })
  .superRefine(({ user, passwordFile }, context) => {
    if ((user === undefined) === (passwordFile === undefined)) return;
    const [given, missing] =
      user === undefined ? ["passwordFile", "user"] : ["user", "passwordFile"];
    const what = `${given} has no effect without ${missing}`;
    context.addIssue(customIssue(what, "name both, or neither", [given]));
  });

/** Keystone with the content of the password file. */
export interface KeystoneService {
  readonly url: string;
  readonly account?: {
    readonly user: string;
    readonly password: string;
    readonly project: string;
    readonly domain: string;
  };
}
