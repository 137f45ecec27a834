import { contentHash, identityDigest } from "@dred/core";
import { channelNameOf, encodeLine } from "@dred/protocol";
import type { ChannelKey, MessageFields } from "@dred/protocol";
import type { ChannelTable } from "./ChannelTable.ts";
import type { PostReply } from "./Replica.ts";
import type { ReplicaContext } from "./ReplicaContext.ts";
import { counted } from "./ReplicaCounts.ts";

/** Clients' messages on their way into the channels of one replica. */
export class Posting {
  readonly #context: ReplicaContext;
  readonly #table: ChannelTable;
  #open = 0;

  constructor(context: ReplicaContext, table: ChannelTable) {
    this.#context = context;
    this.#table = table;
  }

  /** Posts that were taken and not yet answered: whoever closes waits for them. */
  get open(): number {
    return this.#open;
  }

  /**
   * Appends a message.
   *
   * @param admit Gives the channel's present generation, or throws the error that refuses the post.
   */
  post(admit: () => ChannelKey, message: MessageFields, sender: string): Promise<PostReply> {
    const reply = (async () => this.#append(admit(), message, sender))();
    return counted(this.#context.counts, reply);
  }

  async #append(key: ChannelKey, message: MessageFields, sender: string): Promise<PostReply> {
    const channel = channelNameOf(key);
    const { neighborhood } = this.#context.identity;
    const line = encodeLine(message, { channel, neighborhood, sender });
    const { sha256 } = this.#context.hash;
    const digest = identityDigest(sha256, { sender, ocid: message.ocid });
    const post = { digest, contentHash: contentHash(sha256, line), line };
    this.#open++;
    const reply = await this.#table
      .get(key)
      .post(post)
      .finally(() => this.#open--);
    this.#context.log.flow("posted", { channel, ocid: message.ocid, ...reply });
    return reply;
  }
}
