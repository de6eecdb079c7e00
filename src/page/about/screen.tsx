// SPDX-License-Identifier: Apache-2.0
import { EmptyState } from "../ui/empty-state.tsx";
import { useDocumentTitle } from "../ui/use-document-title.ts";

export default function Screen() {
  useDocumentTitle("About");
  return <EmptyState title="About">This screen is not built yet.</EmptyState>;
}
