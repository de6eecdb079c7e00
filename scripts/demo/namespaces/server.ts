// SPDX-License-Identifier: Apache-2.0
/** The server's side of the demo's traffic: web, DNS, and an application that is not tapped. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer as createWebServer } from "node:http";
import { createServer } from "node:net";
import { dnsAnswer } from "../dns-message.ts";

const web = createWebServer((request, response) => {
  const client = request.socket.remoteAddress?.replace("::ffff:", "");
  const greeting = `Hello ${client}, this is the server.\n`;
  // Long enough to fill several frames.
  response.end(request.url === "/large" ? greeting.repeat(200) : greeting);
});
web.listen(80, "::");
const application = createServer((socket) => {
  socket.on("error", () => {});
  socket.pipe(socket);
});
application.listen(8443, "::");
const dns = createSocket("udp4");
dns.on("message", (query, { address, port }) => dns.send(dnsAnswer(query), port, address));
dns.bind(53, "10.1.1.2");
await Promise.all([once(web, "listening"), once(application, "listening"), once(dns, "listening")]);
console.log("ready");
