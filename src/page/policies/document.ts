// SPDX-License-Identifier: Apache-2.0
type Json = Readonly<Record<string, unknown>>;

/** Members that the controller adds to a policy. */
const ADDED = [
  ...["origin", "revision", "createdAt", "updatedAt", "requester"],
  ...["status", "health", "counters"],
];

/** What the user wrote of a policy that REST returned. */
export function documentOf(policy: Json): Json {
  return Object.fromEntries(Object.entries(policy).filter(([key]) => !ADDED.includes(key)));
}

/** The same policy for the opposite frames, as a new one. Filters swap source and destination. */
export function reversed(document: Json): Json {
  const { id: _, sender, receiver, filters, exclude, ...rest } = document;
  return {
    ...rest,
    sender: receiver,
    receiver: sender,
    ...(filters === undefined ? {} : { filters: swapFilters(filters) }),
    ...(exclude === undefined ? {} : { exclude: swapFilters(exclude) }),
  };
}

function swapFilters(filters: unknown): unknown {
  if (Array.isArray(filters)) return filters.map(swapFilters);
  if (typeof filters !== "object" || filters === null) return filters;
  return Object.fromEntries(Object.entries(filters).map(([key, value]) => [swapped(key), value]));
}

const OPPOSITE: Readonly<Record<string, string>> = {
  ...{ arp_spa: "arp_tpa", arp_tpa: "arp_spa", arp_sha: "arp_tha", arp_tha: "arp_sha" },
};

function swapped(key: string): string {
  if (key.endsWith("_src")) return key.replace(/_src$/, "_dst");
  if (key.endsWith("_dst")) return key.replace(/_dst$/, "_src");
  return OPPOSITE[key] ?? key;
}

/**
 * What the screen Explain is asked for a frame of the policy: the first of the senders, receivers and filters, as far as
 * they name single hosts and values.
 */
export function frameQuestion(document: Json): Record<string, string> {
  const { sender, receiver, filters } =
    document.direction === "reverse" ? reversed(document) : document;
  const fields = Object.entries(memberObject(firstOf(filters))).flatMap(([name, value]) => {
    const text = firstValue(firstOf(value));
    return text === undefined ? [] : [`${name}=${text}`];
  });
  const question = { frame: fields.join(" "), at: hostOf(sender), to: hostOf(receiver) };
  return Object.fromEntries(Object.entries(question).filter(([, text]) => text !== ""));
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value;
}

function memberObject(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}

/** One value of a filter: of ports `8000-8099` the first, of a prefix its address; undefined: it names none. */
function firstValue(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string" || value === "*") return undefined;
  const [, first] = /^(\d+)-\d+$/.exec(value) ?? [];
  return first ?? value.replace(/\/.*$/, "");
}

/** A host by name or address; empty: the party names none, or many. */
function hostOf(party: unknown): string {
  const { host, mac, ip } = memberObject(firstOf(party));
  const text = host ?? mac ?? ip;
  return typeof text === "string" && !text.includes("/") ? text : "";
}

/** A copy under another name: the server assigns an id, or the user does. */
export function duplicate(document: Json): Json {
  const { id: _, ...rest } = document;
  const { name } = rest;
  return typeof name === "string" && name !== "" ? { ...rest, name: `${name} (copy)` } : rest;
}

/** A command that writes the policy with curl. */
export function curlCommand(document: Json, origin: string): string {
  const { id } = document;
  const body = JSON.stringify(document).replaceAll("'", "'\\''");
  const [method, path] =
    id === undefined ? ["POST", ""] : ["PUT", `/${encodeURIComponent(String(id))}`];
  return [
    `curl -X ${method} '${origin}/api/v1/policies${path}'`,
    "-H 'Content-Type: application/json'",
    `-d '${body}'`,
  ].join(" \\\n  ");
}

/** The same with vtap, which takes policy files. */
export function vtapCommand(document: Json, origin: string): string {
  const file = JSON.stringify({ policies: [document] }, null, 2);
  return `cat > policy.json <<'EOF'\n${file}\nEOF\nvtap apply --server ${origin} policy.json`;
}
