// SPDX-License-Identifier: Apache-2.0
import { testOnSwitches } from "./ovs-scenarios.ts";

testOnSwitches(26, 50);
