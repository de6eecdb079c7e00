// SPDX-License-Identifier: Apache-2.0
import "../styles/grid.css";
import "../styles/policies.css";
import "../styles/detail.css";
import { route } from "../app/route.ts";
import { useDocumentTitle } from "../ui/use-document-title.ts";
import { PolicyDetail } from "./detail.tsx";
import { PolicyTable } from "./table.tsx";

/** The policies, or one of them. */
export default function PoliciesScreen() {
  const id = route.value.path[1];
  useDocumentTitle(id ?? "Policies");
  return id === undefined ? <PolicyTable /> : <PolicyDetail key={id} id={id} />;
}
