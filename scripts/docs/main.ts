// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from "node:fs";
import { generatedFiles } from "./generated.ts";

// Run by `npm run docs`, in the root of the repository.
for (const { path, content } of generatedFiles()) writeFileSync(path, content);
