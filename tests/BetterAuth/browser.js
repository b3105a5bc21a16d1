// Somebody's browser: keeps cookies, names its origin.
export class Browser {
  #cookies = new Map();

  constructor(url) {
    this.url = url;
  }

  get(path) {
    return this.#send("GET", path);
  }

  post(path, body = {}) {
    return this.#send("POST", path, body);
  }

  /** As `post`, for what must succeed: the body, or an error that holds the answer. */
  async do(path, body) {
    const { status, body: answer } = await this.post(path, body);
    if (status !== 200) throw new Error(`POST ${path} answered ${status}: ${JSON.stringify(answer)}`);
    return answer;
  }

  async session() {
    return (await this.get("/get-session")).body;
  }

  async #send(method, path, body) {
    const response = await fetch(`${this.url}/api/auth${path}`, {
      method,
      redirect: "manual",
      headers: {
        origin: this.url,
        cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        ...(body && { "content-type": "application/json" }),
      },
      body: body && JSON.stringify(body),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === "" || /max-age=0/i.test(line)) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    const text = await response.text();
    return { status: response.status, body: text && /json/.test(response.headers.get("content-type") ?? "") ? JSON.parse(text) : text };
  }
}
