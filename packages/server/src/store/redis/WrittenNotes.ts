import type { ChannelKey } from "@dred/protocol";
import type { CallOptions } from "../../replica/ports/Store.ts";
import { writtenField } from "./keys.ts";
import type { StoreKeys } from "./keys.ts";
import type { RedisConnection } from "./RedisConnection.ts";
import { parseScriptReply } from "./scriptReply.ts";
import { scripts } from "./scripts.ts";
import type { Script } from "./scripts.ts";
import type { StoreLife } from "./StoreLife.ts";

/**
 * In which channels the present epoch has written, noted in `{server}:id`: what a channel lost
 * with all of its keys does not show in the channel (R2). Without that hash the epoch ends anyway.
 */
export class WrittenNotes {
  readonly #writes: RedisConnection;
  readonly #keys: StoreKeys;
  readonly #life: StoreLife;
  /** Those that this session has noted: once for each is enough. */
  readonly #noted = new Set<ChannelKey>();

  constructor(writes: RedisConnection, keys: StoreKeys, life: StoreLife) {
    this.#writes = writes;
    this.#keys = keys;
    this.#life = life;
  }

  /** To be called before each commit of our own log in a channel; see lua/noteWritten.lua. */
  async note(channel: ChannelKey, options: CallOptions): Promise<void> {
    if (this.#noted.has(channel)) return;
    await this.#write(scripts.noteWritten, channel, { value: this.#life.epoch, options });
    this.#noted.add(channel);
  }

  /** To be called before the channel is removed. */
  async forget(channel: ChannelKey, options: CallOptions): Promise<void> {
    this.#noted.delete(channel);
    await this.#write(scripts.noteWrittenWhenFull, channel, { value: "", options });
  }

  async has(channel: ChannelKey, options: CallOptions): Promise<boolean> {
    const command = ["HGET", this.#keys.server, writtenField(channel)];
    const noted = await this.#writes.send(`opening ${channel}`, command, options);
    return noted === this.#life.epoch;
  }

  async #write(
    script: Script,
    channel: ChannelKey,
    { value, options }: { readonly value: string; readonly options: CallOptions },
  ): Promise<void> {
    const { owner, epoch, replid } = this.#life;
    const args = [owner, epoch, replid, writtenField(channel), value];
    const call = { script, keys: [this.#keys.server], args };
    parseScriptReply(await this.#writes.run(call, options));
  }
}
