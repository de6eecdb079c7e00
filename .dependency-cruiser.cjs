// SPDX-License-Identifier: Apache-2.0
/**
 * The layer rules of docs/architecture.md. A layer may import the layers in its row, and no other part of
 * OpenVTAP. `server` has no row: it composes all layers.
 */
const layers = {
  lang: [],
  runtime: [],
  openflow: [],
  ovsdb: [],
  packet: ["openflow/wire"],
  "flow-model": ["openflow"],
  topology: ["openflow", "packet"],
  simulation: ["openflow", "packet", "flow-model", "topology"],
  forwarding: ["openflow", "flow-model", "topology"],
  policy: ["openflow", "flow-model", "topology"],
  transport: ["runtime"],
  // It implements the channel that the reconciler declares.
  "openflow-session": ["runtime", "openflow", "topology", "transport", "reconcile"],
  "ovsdb-session": ["runtime", "ovsdb", "transport"],
  reconcile: ["runtime", "openflow", "flow-model", "topology"],
  counters: ["runtime", "flow-model", "policy"],
  access: ["topology"],
  // What REST shows and takes. The API serves it, the controller produces it, the command line reads it.
  contract: ["policy", "topology"],
  controller: [
    "runtime",
    "openflow",
    "ovsdb",
    "packet",
    "flow-model",
    "topology",
    "simulation",
    "forwarding",
    "policy",
    "contract",
    "openflow-session",
    "ovsdb-session",
    "reconcile",
    "counters",
  ],
  store: ["runtime", "policy", "topology"],
  api: ["runtime", "policy", "topology", "access", "contract"],
  cli: ["access", "contract"],
  // The web page, which runs in browsers. Of the contract it takes types alone.
  page: ["contract"],
};

/**
 * The folders of a layer. A folder may import the folders in its row, which stand above it: so the folders
 * form no cycle. `.` is the layer's own files.
 */
const folders = {
  policy: {
    "match-region": [],
    model: ["match-region"],
    precedence: ["match-region"],
    "spare-bits": [],
    placement: ["match-region", "model"],
    semantics: ["match-region", "model", "placement"],
    parse: ["match-region", "model"],
    mirrors: ["match-region", "model", "placement"],
    compile: ["match-region", "mirrors", "model", "placement"],
    explain: ["match-region", "model", "placement", "semantics"],
    preview: ["match-region", "model", "compile"],
  },
  "policy/compile": {
    model: [],
    taps: ["model"],
    network: ["model", "taps"],
    overlap: ["model", "taps", "network"],
    emit: ["model", "overlap"],
  },
  reconcile: {
    model: [],
    state: ["model"],
    plan: ["model", "state"],
    order: ["model", "state", "plan"],
    readback: ["model", "state"],
    apply: ["model", "state", "plan", "readback"],
    audit: ["model", "state", "readback", "apply"],
  },
  controller: {
    audit: ["."],
    policies: ["audit"],
    "monitor-ports": [],
    status: [],
    views: ["policies"],
    overrides: [".", "views"],
    interfaces: [],
    databases: [".", "interfaces", "views"],
    mirrors: ["databases", "policies", "status", "views"],
    network: ["audit", "policies", "views"],
    "tap-bridges": ["databases", "mirrors", "network", "status"],
    discovery: [".", "network", "policies", "status", "views"],
    health: [".", "discovery", "status"],
    suspension: [".", "audit", "policies"],
    lifetimes: [".", "policies", "status"],
    quotas: ["policies"],
    desired: [".", "network", "policies", "status", "suspension", "views"],
    previews: ["desired", "discovery", "policies", "status"],
    switches: [".", "audit", "discovery", "network", "policies", "status", "suspension", "views"],
    queries: [
      ...[
        "databases",
        "desired",
        "health",
        "mirrors",
        "network",
        "overrides",
        "policies",
        "quotas",
      ],
      ...["status", "suspension", "views"],
    ],
    construction: [
      ...[".", "audit", "databases", "desired", "discovery", "health", "interfaces", "lifetimes"],
      ...["mirrors", "monitor-ports", "network", "overrides", "policies", "previews", "queries"],
      "quotas",
      "status",
      ...["suspension", "switches", "tap-bridges", "views"],
    ],
  },
};

for (const rows of Object.values(folders)) {
  const above = ["."];
  for (const [name, allowed] of Object.entries(rows)) {
    const below = allowed.filter((each) => !above.includes(each));
    if (below.length > 0) throw new Error(`${name} imports ${below}, which must stand above it`);
    above.push(name);
  }
}

/** Formats that contain themselves: an action of actions, a message that carries messages. */
const recursive = [
  "^src/openflow/schema/",
  "^src/openflow/nicira/",
  "^src/openflow/structures/action\\.ts$",
  "^src/openflow/messages/(embedded|bundle|request-forward|index)\\.ts$",
];

const pathOf = (layer, folder) =>
  folder === "." ? `^src/${layer}/[^/]+$` : `^src/${layer}/${folder}/`;

/** What TypeScript lacks, without effects: every layer may import it. */
const EVERYWHERE = "lang";

/** Layers without effects: no sockets, files, processes or logging may be imported there. */
const pure = [
  EVERYWHERE,
  "openflow",
  "ovsdb",
  "packet",
  "flow-model",
  "topology",
  "simulation",
  "forwarding",
  "policy",
  "access",
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(layers).map(([layer, allowed]) => ({
      name: `layer-${layer}`,
      comment: `src/${layer} may import ${allowed.join(", ") || "no other layer"}`,
      severity: "error",
      from: { path: `^src/${layer}/` },
      to: {
        path: "^src/",
        pathNot: [layer, EVERYWHERE, ...allowed].map((name) => `^src/${name}/`),
      },
    })),
    ...Object.entries(folders).flatMap(([layer, rows]) =>
      Object.entries(rows).map(([folder, allowed]) => ({
        name: `folder-${layer}/${folder}`,
        comment: `src/${layer}/${folder} may import ${allowed.join(", ") || "no other folder"}`,
        severity: "error",
        from: { path: pathOf(layer, folder) },
        to: {
          path: `^src/${layer}/`,
          pathNot: [folder, ...allowed].map((each) => pathOf(layer, each)),
        },
      })),
    ),
    {
      name: "every-layer-has-a-row",
      severity: "error",
      from: {
        path: "^src/[^/]+/",
        pathNot: `^src/(server|${Object.keys(layers).join("|")})/`,
      },
      to: {},
    },
    ...Object.entries(folders).map(([layer, rows]) => ({
      name: `every-folder-of-${layer}-has-a-row`,
      severity: "error",
      from: {
        path: `^src/${layer}/[^/]+/`,
        pathNot: Object.keys(rows).map((folder) => pathOf(layer, folder)),
      },
      to: {},
    })),
    {
      name: "src-holds-main-only",
      severity: "error",
      from: { path: "^src/[^/]+$", pathNot: "^src/main\\.ts$" },
      to: {},
    },
    { name: "main-is-not-imported", severity: "error", from: {}, to: { path: "^src/[^/]+$" } },
    {
      name: "pure-layers-have-no-effects",
      severity: "error",
      from: { path: `^src/(${pure.join("|")})/` },
      to: {
        path: "^(node:)?(fs|fs/promises|net|tls|http|https|dgram|dns|child_process|worker_threads|timers|timers/promises|process|os)$",
      },
    },
    {
      name: "pure-layers-use-few-libraries",
      comment: "zod and the JSON reader are values in, values out; anything else needs a reason",
      severity: "error",
      from: { path: `^src/(${pure.join("|")})/` },
      to: {
        dependencyTypes: ["npm"],
        pathNot: "node_modules/(zod|jsonc-parser|fastest-levenshtein)/",
      },
    },
    {
      name: "no-circular",
      comment: "type-only imports included",
      severity: "error",
      from: { pathNot: recursive },
      to: { circular: true },
    },
    {
      name: "no-circular-at-run-time",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "not-to-dev-dep",
      comment: "what the page imports is bundled into it",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/page/" },
      to: { dependencyTypes: ["npm-dev"] },
    },
    {
      name: "page-takes-types-of-the-contract",
      comment: "anything else would bring schemas and Node.js into the bundle",
      severity: "error",
      from: { path: "^src/page/" },
      to: { path: "^src/(?!page/)", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "page-runs-in-browsers",
      severity: "error",
      from: { path: "^src/page/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "no-orphans",
      severity: "error",
      from: {
        orphan: true,
        path: "^src/",
        pathNot: "^src/(main|openflow/index|page/main)\\.tsx?$",
      },
      to: {},
    },
    { name: "not-to-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
