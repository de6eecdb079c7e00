export * from "./bands.ts";
export * from "./content-hash.ts";
export * from "./cookie.ts";
export * from "./entry.ts";
