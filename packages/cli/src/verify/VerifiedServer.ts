import { DredClient, StaticHostDiscovery } from "@dred/client";
import type { ChannelLogs, Host, LogPage, LogRange, ReplicationStatus } from "@dred/client";
import { DredError } from "@dred/protocol";

const DEADLINE_MS = 5_000;

/** One server could not answer. */
export class ServerProblem extends Error {
  readonly serverId: string;
  /** Whether it can say nothing at all, not only nothing of this channel. */
  readonly isLost: boolean;

  constructor(serverId: string, cause: DredError) {
    super(cause.detail, { cause });
    this.serverId = serverId;
    this.isLost = cause.code !== "store-damaged";
  }
}

/** One of the servers that are compared. Every call throws `ServerProblem`, after 5 s at most. */
export class VerifiedServer implements AsyncDisposable {
  readonly id: string;
  readonly #client: DredClient;

  constructor({ id, url }: Pick<Host, "id" | "url">) {
    this.id = id;
    const discovery = new StaticHostDiscovery([url]);
    this.#client = new DredClient({ discovery, deadlineMs: DEADLINE_MS });
  }

  status(): Promise<ReplicationStatus> {
    return this.#ask(() => this.#client.status());
  }

  channels(): Promise<readonly string[]> {
    return this.#ask(() => this.#client.channels());
  }

  /** Undefined for a channel that it does not know. */
  async logs(channel: string): Promise<ChannelLogs | undefined> {
    return this.#ask(async () => {
      try {
        return await this.#client.channelLogs(channel);
      } catch (error) {
        if (error instanceof DredError && error.code === "channel-not-found") return undefined;
        throw error;
      }
    });
  }

  page(channel: string, range: LogRange): Promise<LogPage> {
    return this.#ask(() => this.#client.logPage(channel, range));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.disconnect();
  }

  async #ask<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    try {
      return await call();
    } catch (error) {
      throw error instanceof DredError ? new ServerProblem(this.id, error) : error;
    }
  }
}
