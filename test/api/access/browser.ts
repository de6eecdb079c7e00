// SPDX-License-Identifier: Apache-2.0

/** Redirections that a browser follows. */
const MOST_REDIRECTIONS = 20;

/** What a browser does with cookies and redirections, as far as logins need it. */
export class Browser {
  /** Of all servers: cookies know no ports. */
  readonly cookies = new Map<string, string>();
  /** The addresses that it was sent to. */
  readonly visited: string[] = [];

  /** One request; the answer's cookies are kept. */
  async request(url: string, init: RequestInit = {}): Promise<Response> {
    this.visited.push(url);
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...(cookie === "" ? {} : { cookie }), ...init.headers };
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const each of response.headers.getSetCookie()) this.#keep(each);
    return response;
  }

  /** The same, and where that leads; ends at the first address that `isEnd`. */
  async open(url: string, isEnd = (_url: string) => false): Promise<Response> {
    let response = await this.request(url);
    for (let n = 0; n < MOST_REDIRECTIONS; n++) {
      const location = response.headers.get("location");
      if (response.status < 300 || response.status >= 400 || location === null) return response;
      const next = new URL(location, url).href;
      if (isEnd(next)) return response;
      url = next;
      response = await this.request(url);
    }
    throw new Error(`too many redirections: ${this.visited.join(" ")}`);
  }

  #keep(text: string): void {
    const [pair = "", ...attributes] = text.split(/; */);
    const [name = "", value = ""] = pair.split(/=(.*)/s);
    const isDeleted =
      value === "" || attributes.some((each) => /^(max-age=0|expires=.*1970)/i.test(each));
    if (isDeleted) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}
