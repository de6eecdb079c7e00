// SPDX-License-Identifier: Apache-2.0
// Benchmarks measure the shipped code. The loader that runs TypeScript without a build wraps functions to
// keep their names, which costs the policy compiler a fifth: imports of src resolve to dist instead.
import { register } from "node:module";

register("./hooks.mjs", import.meta.url);
