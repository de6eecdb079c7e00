// SPDX-License-Identifier: Apache-2.0
import { useEffect } from "preact/hooks";

/** Names the present screen in the title of the tab. */
export function useDocumentTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} – OpenVTAP`;
  }, [title]);
}
