// SPDX-License-Identifier: Apache-2.0
import { isOpen, OPERATION_ROWS } from "../../src/access/operations.ts";
import { ROLES } from "../../src/access/roles.ts";
import { markdownTable } from "./configuration.ts";
import type { GeneratedBlock } from "./generated.ts";

/** The part of docs/security.md that the table of operations determines. */
export const ACCESS_BLOCKS: readonly GeneratedBlock[] = [
  { name: "operations", text: operationsTable() },
];

function operationsTable(): string {
  const rows = OPERATION_ROWS.map(([operation, rule]) => {
    const may = ROLES.map((role) =>
      rule.roles === "everyone" || rule.roles.includes(role) ? "yes" : "",
    );
    return [
      `\`${operation}\``,
      isOpen(rule) ? "yes" : "",
      ...may,
      isOpen(rule) || rule.ofProject ? "yes" : "",
    ];
  });
  return markdownTable(["operation", "without a token", ...ROLES, "of a project"], rows);
}
