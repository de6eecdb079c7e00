import { testOnSwitches } from "./ovs-scenarios.ts";

testOnSwitches(76, 100);
