// SPDX-License-Identifier: Apache-2.0

/**
 * What the ids of a project's policies and groups begin with: so no project learns which ids others use, and two
 * may name theirs alike. No name of a project has a dot.
 */
export function prefixOf(project: string): string {
  return `${project}.`;
}

/** Whether an id is one of a project's own. */
export function isOfProject(id: string, project: string): boolean {
  const prefix = prefixOf(project);
  return id.length > prefix.length && id.startsWith(prefix);
}
