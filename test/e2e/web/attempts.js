// SPDX-License-Identifier: Apache-2.0

/**
 * What a page can try against a server. Runs in the browser, in pages of any origin; each function
 * resolves to what the page learned.
 */
globalThis.attempts = {
  /** "TYPE STATUS TEXT" of the answer, or "failed". */
  async request(url, init) {
    try {
      const response = await fetch(url, init);
      return `${response.type} ${response.status} ${await response.text()}`;
    } catch {
      return "failed";
    }
  },

  /** Submits a form with one field into a frame. */
  form(action, enctype, name, value) {
    const target = `frame${document.querySelectorAll("iframe").length}`;
    document.body.append(Object.assign(document.createElement("iframe"), { name: target }));
    const form = document.createElement("form");
    Object.assign(form, { action, method: "post", enctype, target });
    form.append(Object.assign(document.createElement("input"), { name, value }));
    document.body.append(form);
    form.submit();
  },

  /** The same from a sandboxed frame, whose origin is "null". */
  sandboxedForm(action) {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts allow-forms");
    frame.srcdoc = `<form action="${action}" method="post"></form><script>document.forms[0].submit()</script>`;
    document.body.append(frame);
  },

  /** Queues a request that outlives the page. */
  beacon: (url, text) => navigator.sendBeacon(url, text),

  /** "load" when the page may use the resource, else "error". */
  element(tag, url) {
    const element = document.createElement(tag);
    const result = new Promise((resolve) => {
      element.onload = () => resolve("load");
      element.onerror = () => resolve("error");
    });
    document.body.append(Object.assign(element, { rel: "stylesheet", src: url, href: url }));
    return result;
  },

  /** The text of a frame, or "hidden" when the page cannot look into it. */
  frame(url) {
    const frame = document.createElement("iframe");
    const result = new Promise((resolve) => {
      frame.addEventListener("load", () => {
        try {
          resolve(`text ${frame.contentDocument.body.textContent}`);
        } catch {
          resolve("hidden");
        }
      });
    });
    document.body.append(Object.assign(frame, { src: url }));
    return result;
  },

  /** "open" when the page receives events, else "error". */
  events(url) {
    const stream = new EventSource(url);
    return new Promise((resolve) => {
      stream.onopen = () => resolve("open");
      stream.onerror = () => resolve("error");
    }).finally(() => stream.close());
  },

  socket(url) {
    const socket = new WebSocket(url);
    return new Promise((resolve) => {
      socket.onopen = () => resolve("open");
      socket.onerror = () => resolve("error");
    });
  },
};
