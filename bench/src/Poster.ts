import { PostConnection } from "./PostConnection.ts";

/** Posts over as many kept connections as posts are in flight. */
export class Poster implements Disposable {
  readonly #url: string;
  readonly #all: PostConnection[] = [];
  readonly #idle: PostConnection[] = [];

  /** @param url Of a server. */
  constructor(url: string) {
    this.#url = url;
  }

  /** @throws Error unless the answer is 200. */
  async post(path: string, body: string): Promise<void> {
    let connection = this.#idle.pop();
    while (connection?.isClosed === true) connection = this.#idle.pop();
    connection ??= await this.#open();
    const status = await connection.post(path, body);
    this.#idle.push(connection);
    if (status !== 200) throw new Error(`a post was answered ${status}`);
  }

  [Symbol.dispose](): void {
    for (const connection of this.#all) connection[Symbol.dispose]();
  }

  async #open(): Promise<PostConnection> {
    const connection = await PostConnection.open(this.#url);
    this.#all.push(connection);
    return connection;
  }
}

/** A message of about 128 bytes. */
export function messageOf(ocid: string): string {
  return JSON.stringify({ type: "bench", ocid, msg: "m".repeat(80) });
}
