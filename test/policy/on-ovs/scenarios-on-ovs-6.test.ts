import { testTreatedOnSwitches } from "./ovs-treated-scenarios.ts";

testTreatedOnSwitches(115, 127);
