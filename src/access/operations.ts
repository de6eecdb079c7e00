// SPDX-License-Identifier: Apache-2.0
import type { Identity } from "./identity.ts";
import { ROLES, type Role } from "./roles.ts";

/** Who may do an operation. */
export interface OperationRule {
  /** The roles that may; `everyone`: without a token, too. */
  readonly roles: readonly Role[] | "everyone";
  /** Whether the metrics token may, too. */
  readonly scraper?: true;
  /**
   * Whether an identity that is limited to a project may, too: the operation then concerns what belongs to the
   * project alone. Other operations concern the whole network.
   */
  readonly ofProject?: true;
  /** It changes something: done or refused, the audit records it. */
  readonly change?: ChangeKind;
  /** It shows what frames contain: done or refused, the audit records it. */
  readonly showsFrames?: true;
}

/** What an operation changes, and so which record the audit has of one that is done. */
type ChangeKind =
  /** What is stored: the record is part of the same write. */
  | "stored"
  /** Nothing that is stored: the request is recorded before it is answered. */
  | "unstored"
  /** Who is logged in. A client may repeat it: those beyond a number are counted. */
  | "login";

const open: OperationRule = { roles: "everyone" };
const read: OperationRule = { roles: ROLES };
const manage: OperationRule = { roles: ["member", "admin"], change: "stored" };
const operate: OperationRule = { roles: ["operator", "admin"], change: "stored" };
/** It reads switches again and repairs them. */
const repair: OperationRule = { ...operate, change: "unstored" };
/** It sends frames along the ways of copies, and changes nothing. */
const probe: OperationRule = { roles: ["member", "operator", "admin"] };
const preview: OperationRule = { ...probe, showsFrames: true };
const administer: OperationRule = { roles: ["admin"], change: "stored" };
const inspect: OperationRule = { roles: ["auditor", "admin"] };
/** How the server is set up: paths and addresses of its machine. */
const configure: OperationRule = { roles: ["admin"] };

/** Without an identity, too: it gives one. */
const logIn: OperationRule = { ...open, change: "login" };

/** The same for an identity of a project, which sees and changes its own alone. */
const own = (rule: OperationRule): OperationRule => ({ ...rule, ofProject: true });

/** Who may do what: one row for each operation. The table in docs/security.md is made of it (`npm run docs`). */
export const OPERATIONS = {
  "GET /api/v1/policies": own(read),
  "POST /api/v1/policies": own(manage),
  "GET /api/v1/policies/{id}": own(read),
  "PUT /api/v1/policies/{id}": own(manage),
  "PATCH /api/v1/policies/{id}": own(manage),
  "DELETE /api/v1/policies/{id}": own(manage),
  "GET /api/v1/policies/{id}/counters": own(read),
  "GET /api/v1/policies/{id}/plan": own(read),
  "GET /api/v1/rates": own(read),
  "GET /api/v1/rates/history": own(read),
  "POST /api/v1/policies/{id}:resume": own(operate),
  "POST /api/v1/policies/{id}:probe": own(probe),
  "POST /api/v1/policies/{id}:preview": own(preview),
  // A dry run writes nothing.
  "POST /api/v1/policies:validate": own(read),
  "POST /api/v1/policies:apply": own(manage),
  "GET /api/v1/groups": own(read),
  "POST /api/v1/groups": own(manage),
  "GET /api/v1/groups/{id}": own(read),
  "PUT /api/v1/groups/{id}": own(manage),
  "DELETE /api/v1/groups/{id}": own(manage),
  // A question writes nothing.
  "POST /api/v1/explain": own(read),
  "GET /api/v1/switches": own(read),
  "GET /api/v1/switches/{dpid}": own(read),
  "DELETE /api/v1/switches/{dpid}": administer,
  "POST /api/v1/switches/{dpid}:resync": repair,
  "POST /api/v1/switches:resync": repair,
  "GET /api/v1/rejected-connections": read,
  "GET /api/v1/links": own(read),
  "GET /api/v1/hosts": own(read),
  "GET /api/v1/hosts/{mac}/observers": own(read),
  "POST /api/v1/hosts": operate,
  "POST /api/v1/hosts:apply": operate,
  "DELETE /api/v1/hosts/{mac}": operate,
  "GET /api/v1/projects": own(read),
  "GET /api/v1/projects/{project}": own(read),
  "GET /api/v1/topology": own(read),
  "GET /api/v1/paths": read,
  "GET /api/v1/taps": own(read),
  "POST /api/v1/taps:suspend": own(operate),
  "POST /api/v1/taps:resume": own(operate),
  "GET /api/v1/events": own(read),
  "GET /api/v1/audit": inspect,
  "GET /api/v1/audit/head": inspect,
  // A check writes nothing.
  "POST /api/v1/audit:verify": inspect,
  "GET /api/v1/status": own(read),
  "GET /api/v1/settings": configure,
  // Whether there is a session, and how to begin one.
  "GET /api/v1/session": open,
  "POST /api/v1/session": logIn,
  "DELETE /api/v1/session": own({ ...read, change: "login" }),
  "GET /api/v1/session/oidc/login": open,
  "GET /api/v1/session/oidc/callback": logIn,
  "GET /metrics": { ...read, scraper: true },
  "GET /healthz": open,
  "GET /readyz": open,
  "GET /openapi.json": own(read),
  // All pages below it, too.
  "GET /docs": own(read),
  // The web page: it contains no data, and asks for the identity of its user.
  "GET /": open,
  "GET /assets/{file}": open,
} as const satisfies Readonly<Record<string, OperationRule>>;

/** The rows with their operations, as a list. */
export const OPERATION_ROWS: readonly (readonly [string, OperationRule])[] =
  Object.entries(OPERATIONS);

/** What a request to a path that is no operation needs: a valid token. It is answered with 404 or 405. */
export const NO_OPERATION: OperationRule = own(read);

/** The rule of an operation such as `GET /api/v1/policies/{id}`; undefined if it has none. */
export function ruleOf(operation: string): OperationRule | undefined {
  const own: Readonly<Record<string, OperationRule>> = OPERATIONS;
  return Object.hasOwn(own, operation) ? own[operation] : undefined;
}

/** Whether a client without an identity may do it. */
export function isOpen({ roles }: OperationRule): boolean {
  return roles === "everyone";
}

/** Whether the role of an identity allows it. */
export function allows(rule: OperationRule, { role, project }: Identity): boolean {
  const { roles, scraper, ofProject } = rule;
  if (roles === "everyone") return true;
  if (role === "none") return false;
  if (project !== undefined && ofProject !== true) return false;
  return role === "scraper" ? scraper === true : roles.includes(role);
}
