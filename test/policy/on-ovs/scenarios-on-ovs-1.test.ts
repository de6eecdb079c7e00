import { testOnSwitches } from "./ovs-scenarios.ts";

testOnSwitches(1, 25);
