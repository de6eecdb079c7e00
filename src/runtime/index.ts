export { YieldTimer } from "./event-loop-yield.ts";
