// SPDX-License-Identifier: Apache-2.0
/** Grey lines where text will be; they appear after 150 ms (by CSS), so that quick answers do not flicker. */
export function Skeleton({ lines = 4 }: { readonly lines?: number }) {
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} />
      ))}
    </div>
  );
}
