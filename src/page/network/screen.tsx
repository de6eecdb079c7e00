// SPDX-License-Identifier: Apache-2.0
import { EmptyState } from "../ui/empty-state.tsx";
import { useDocumentTitle } from "../ui/use-document-title.ts";

export default function Screen() {
  useDocumentTitle("Network");
  return <EmptyState title="Network">This screen is not built yet.</EmptyState>;
}
