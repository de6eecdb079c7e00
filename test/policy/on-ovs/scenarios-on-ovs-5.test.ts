import { testTreatedOnSwitches } from "./ovs-treated-scenarios.ts";

testTreatedOnSwitches(101, 114);
