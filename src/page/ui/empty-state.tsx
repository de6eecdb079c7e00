// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from "preact";

interface EmptyStateProps {
  readonly title: string;
  /** Why there is nothing, and what to do. */
  readonly children?: ComponentChildren;
  readonly actions?: ComponentChildren;
}

/** What stands where there is nothing to show. */
export function EmptyState({ title, children, actions }: EmptyStateProps) {
  return (
    <div class="empty-state">
      <h2>{title}</h2>
      {children !== undefined && <div class="empty-text">{children}</div>}
      {actions !== undefined && <div class="actions">{actions}</div>}
    </div>
  );
}
