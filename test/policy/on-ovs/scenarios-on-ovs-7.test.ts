import { testTreatedOnSwitches } from "./ovs-treated-scenarios.ts";

testTreatedOnSwitches(128, 140);
