// SPDX-License-Identifier: Apache-2.0
import { render } from "preact";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/ui.css";
import "./styles/shell.css";
import { listenToKeys } from "./app/keys.ts";
import { listenToRoute } from "./app/route.ts";
import { applyTheme } from "./app/theme.ts";
import { startLive } from "./data/live.ts";
import { Shell } from "./shell/shell.tsx";

applyTheme();
listenToRoute();
listenToKeys();
startLive();
const root = document.getElementById("page");
if (root) render(<Shell />, root);
