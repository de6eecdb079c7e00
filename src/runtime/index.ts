export { Turns } from "./event-loop-yield.ts";
