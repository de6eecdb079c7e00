// SPDX-License-Identifier: Apache-2.0
import { testTreatedOnSwitches } from "./ovs-treated-scenarios.ts";

testTreatedOnSwitches(115, 139);
