import { decodeFrame, type Frame } from "../model/frame";

/** Calls to the server that served this page. The token came in the address's fragment and is sent with every call. */

export class ApiError extends Error {
  /** VmAtlas's own word for what went wrong: "NotPermitted", "TargetEnded", …, or "Unreachable". */
  readonly failure: string;

  constructor(failure: string, message: string) {
    super(message);
    this.failure = failure;
  }
}

/** What public/begin.js has begun: the token, and the first call. */
export interface Begun {
  readonly token: string;
  readonly start: Promise<Response>;
}

declare global {
  /** Undefined where the page was opened without a token. */
  var vmatlasBegun: Begun | undefined;
}

export class Client {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  async getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
    return (await (await this.#send(path, { signal: signal ?? null })).json()) as T;
  }

  async getBytes(path: string, signal?: AbortSignal): Promise<ArrayBuffer> {
    return (await this.#send(path, { signal: signal ?? null })).arrayBuffer();
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    const response = await this.#send(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  async upload<T>(path: string, body: Blob): Promise<T> {
    const response = await this.#send(path, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body });
    return (await response.json()) as T;
  }

  /** The objects of an answer that goes on, one a line, as they come. */
  async *lines<T>(path: string, signal: AbortSignal): AsyncGenerator<T> {
    const response = await this.#send(path, { signal });
    if (response.body === null) return;
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of response.body) {
      rest += decoder.decode(chunk, { stream: true });
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") yield JSON.parse(line) as T;
    }
  }

  /** The bytes of a call that was made already. */
  async begun(response: Promise<Response>): Promise<ArrayBuffer> {
    return (await this.#checked(response)).arrayBuffer();
  }

  #send(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("Authorization", `Bearer ${this.#token}`);
    return this.#checked(fetch(path, { ...init, headers }), init.signal);
  }

  /** The frames of an answer that goes on, as they come: each behind its length as 8 bytes. */
  async *frames(path: string, signal: AbortSignal): AsyncGenerator<Frame> {
    const response = await this.#send(path, { signal });
    if (response.body === null) return;
    let rest = new Uint8Array(0);
    for await (const chunk of response.body) {
      const bytes = new Uint8Array(rest.length + chunk.length);
      bytes.set(rest);
      bytes.set(chunk, rest.length);
      let at = 0;
      for (;;) {
        if (bytes.length - at < 8) break;
        const length = Number(new DataView(bytes.buffer, at).getBigUint64(0, true));
        if (bytes.length - at - 8 < length) break;
        yield decodeFrame(bytes.slice(at + 8, at + 8 + length).buffer);
        at += 8 + length;
      }
      rest = bytes.slice(at);
    }
  }

  async #checked(answer: Promise<Response>, signal?: AbortSignal | null): Promise<Response> {
    let response: Response;
    try {
      response = await answer;
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw new ApiError("Unreachable", "The VmAtlas server does not answer: it has ended. Start vmatlas again.");
    }
    if (response.ok) return response;
    const text = await response.text();
    if (response.headers.get("Content-Type")?.startsWith("application/json") === true) {
      const answer = JSON.parse(text) as { failure: string; message: string };
      throw new ApiError(answer.failure, answer.message);
    }
    throw new ApiError(String(response.status), text.trim() || `The server answered ${response.status}.`);
  }
}
