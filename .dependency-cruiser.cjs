/**
 * The layer rules of docs/architecture.md. A layer may import what its row names, and nothing else of ours.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const layers = {
  lang: [],
  runtime: [],
  openflow: [],
  packet: ["openflow/wire"],
  "flow-model": ["openflow"],
  topology: ["openflow", "packet"],
  simulation: ["openflow", "packet", "flow-model", "topology"],
  forwarding: ["openflow", "flow-model", "topology"],
  policy: ["openflow", "flow-model", "topology"],
  // It implements the channel that the reconciler declares.
  "openflow-session": ["runtime", "openflow", "topology", "reconcile"],
  reconcile: ["runtime", "openflow", "flow-model", "topology"],
  counters: ["runtime", "flow-model", "policy"],
  // What REST shows and takes. The API serves it, the controller produces it, the command line reads it.
  contract: ["policy", "topology"],
  controller: [
    "runtime",
    "openflow",
    "packet",
    "flow-model",
    "topology",
    "simulation",
    "forwarding",
    "policy",
    "contract",
    "openflow-session",
    "reconcile",
    "counters",
  ],
  store: ["runtime", "policy", "topology"],
  api: ["runtime", "policy", "topology", "contract"],
  cli: ["contract"],
};

/** What TypeScript lacks, without effects: every layer may import it. */
const EVERYWHERE = "lang";

/** Layers without effects: no sockets, files, processes or logging may be imported there. */
const pure = [
  EVERYWHERE,
  "openflow",
  "packet",
  "flow-model",
  "topology",
  "simulation",
  "forwarding",
  "policy",
];

module.exports = {
  forbidden: [
    ...Object.entries(layers).map(([layer, allowed]) => ({
      name: `layer-${layer}`,
      comment: `src/${layer} may import ${allowed.join(", ") || "nothing of ours"}`,
      severity: "error",
      from: { path: `^src/${layer}/` },
      to: {
        path: "^src/",
        pathNot: [layer, EVERYWHERE, ...allowed].map((name) => `^src/${name}/`),
      },
    })),
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
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "not-to-dev-dep",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev"] },
    },
    {
      name: "no-orphans",
      severity: "error",
      from: { orphan: true, path: "^src/", pathNot: "^src/(main|openflow/index)\\.ts$" },
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
