import { testOnSwitches } from "./ovs-scenarios.ts";

testOnSwitches(26, 50);
