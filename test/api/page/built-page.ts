// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from "node:url";

/** A page as the build makes it: `index.html` and one asset, with their compressed forms. */
export const BUILT_PAGE = fileURLToPath(new URL("built", import.meta.url));
