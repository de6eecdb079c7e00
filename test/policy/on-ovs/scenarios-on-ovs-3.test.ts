import { testOnSwitches } from "./ovs-scenarios.ts";

testOnSwitches(51, 75);
