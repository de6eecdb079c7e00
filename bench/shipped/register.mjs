// Benchmarks measure what is shipped. What runs TypeScript without a build wraps functions to keep their
// names, which costs the compiler of policies a fifth: imports from src are served from dist instead.
import { register } from "node:module";

register("./hooks.mjs", import.meta.url);
