// SPDX-License-Identifier: Apache-2.0

/** How much a project may have; absent: any amount. */
export interface ProjectQuota {
  /** Policies, those of files included. */
  readonly policies?: number;
  /** Monitors that its policies name. */
  readonly monitors?: number;
  /** Rules on any one switch, as they would be if no other project and no administrator had policies. */
  readonly rules?: number;
  /** Kilobits of copies per second that any one switch makes. */
  readonly kbps?: number;
  /** Requests of all its clients together. */
  readonly requestsPerSecond?: number;
}

/** The quotas of projects, by their names; `default` holds where a project has no number of its own. */
export type ProjectQuotas = Readonly<Record<string, ProjectQuota>>;

/** The name that stands for all projects. */
const DEFAULT = "default";

/** The quota of a project. */
export function quotaOf(quotas: ProjectQuotas, project: string): ProjectQuota {
  const own = (name: string) => (Object.hasOwn(quotas, name) ? quotas[name] : undefined);
  return { ...own(DEFAULT), ...own(project) };
}
