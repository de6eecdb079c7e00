// SPDX-License-Identifier: Apache-2.0
import { projectText } from "../topology/index.ts";
import type { Identity } from "./identity.ts";
import { type Role, strongestRole } from "./roles.ts";

/** A token as Keystone describes it, as far as it matters here. */
export interface KeystoneToken {
  readonly user: {
    readonly name: string;
    readonly domain: { readonly id: string; readonly name: string };
  };
  /** Absent for tokens of a domain, of the whole system, or of nothing. */
  readonly project?: { readonly id: string } | undefined;
  readonly roles: readonly { readonly name: string }[];
  /** Whether the project stands for a domain. */
  readonly is_domain?: boolean | undefined;
}

/** Roles of Keystone that have another name here. */
const NAMES_HERE: Readonly<Record<string, Role>> = { reader: "viewer" };

/** The domain of users whose names stand alone. */
const DEFAULT_DOMAIN = "default";

/**
 * Whom a token of Keystone identifies. `admin` of a project is so in all projects; other roles are limited to the
 * project of the token. Without one there is no role.
 */
export function identityOfKeystone({
  user: { name, domain },
  project,
  roles,
  is_domain = false,
}: KeystoneToken): Pick<Identity, "user" | "role" | "project"> {
  const user = domain.id === DEFAULT_DOMAIN ? name : `${name}@${domain.name}`;
  const role = strongestRole(roles.map((each) => NAMES_HERE[each.name] ?? each.name));
  const id = projectText.safeParse(is_domain ? undefined : project?.id);
  if (!id.success) return { user, role: "none" };
  // The administrator of a domain is none of the network.
  return role === "admin" ? { user, role } : { user, role, project: id.data };
}
