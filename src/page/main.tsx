// SPDX-License-Identifier: Apache-2.0
import { render } from "preact";

const root = document.getElementById("page");
if (root) render(<h1>OpenVTAP</h1>, root);
