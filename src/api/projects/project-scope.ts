// SPDX-License-Identifier: Apache-2.0
import type { EventService } from "../../contract/events.ts";
import type { ExplainService } from "../../contract/explain.ts";
import type { GroupService } from "../../contract/groups.ts";
import type { HostService } from "../../contract/hosts.ts";
import type { LinkService } from "../../contract/links.ts";
import type { ObserverService } from "../../contract/observation/host-observers.ts";
import type { PolicyPlanService } from "../../contract/observation/policy-plan.ts";
import type { PolicyRowsService } from "../../contract/observation/policy-rows.ts";
import type { PreviewService } from "../../contract/observation/preview.ts";
import type { RatesService } from "../../contract/observation/rates.ts";
import type { PolicyHealthService, PolicyService } from "../../contract/policies.ts";
import type { PolicyCountersService } from "../../contract/policy-counters.ts";
import type { PolicySetService } from "../../contract/policy-sets.ts";
import type { ProjectService } from "../../contract/projects/project-view.ts";
import type { StatusService } from "../../contract/status.ts";
import type { SwitchService } from "../../contract/switches.ts";
import type { TapsService } from "../../contract/taps.ts";
import type { TopologyService } from "../../contract/topology.ts";

/** What an identity that is limited to a project may ask of the controller. */
export interface ProjectScope
  extends PolicyService,
    PolicyCountersService,
    PolicyHealthService,
    PolicySetService,
    PolicyPlanService,
    PolicyRowsService,
    RatesService,
    PreviewService,
    GroupService,
    Pick<HostService, "listHosts">,
    TapsService,
    Pick<SwitchService, "listSwitches" | "getSwitch" | "isSwitchOf" | "isPortOf">,
    LinkService,
    Pick<TopologyService, "topology">,
    Pick<StatusService, "status">,
    ExplainService,
    ProjectService,
    ObserverService,
    EventService {}
