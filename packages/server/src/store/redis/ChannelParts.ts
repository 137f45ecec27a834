import { parseOriginId } from "@dred/protocol";
import type { ChannelKey, OriginId } from "@dred/protocol";
import type { CallOptions } from "../../replica/ports/Store.ts";
import { COPY_PREFIX, INDEX_PREFIX, LOG_PREFIX, META, TWINS } from "./keys.ts";
import type { StoreKeys } from "./keys.ts";
import type { RedisConnection } from "./RedisConnection.ts";
import { toTexts } from "./scriptReply.ts";

const SCAN_COUNT = 1_000;
/** Index keys remembered of a channel; older ones are left to their expiry. */
const INDEX_KEYS_MAX = 16;

/**
 * Which keys each channel has. They are looked up once, when the store is opened: from then on
 * this process is the only writer, and looking for a channel's keys costs a walk over the whole
 * database. Holds one short text for each log and each window of the index.
 */
export class ChannelParts {
  readonly #parts = new Map<ChannelKey, Set<string>>();

  /** Walks over the database. @throws DredError, as the store's port says. */
  static async scan(
    connection: RedisConnection,
    keys: StoreKeys,
    options: CallOptions,
  ): Promise<ChannelParts> {
    const parts = new ChannelParts();
    let cursor = "0";
    do {
      const command = ["SCAN", cursor, "MATCH", keys.channelPattern, "COUNT", String(SCAN_COUNT)];
      const page = await connection.send("listing channels", command, options);
      const [next, names] = Array.isArray(page) ? (page as unknown[]) : [];
      for (const name of toTexts(names)) parts.#noteKey(keys, name);
      cursor = typeof next === "string" ? next : "0";
    } while (cursor !== "0");
    return parts;
  }

  #noteKey(keys: StoreKeys, name: string): void {
    const found = keys.parseChannelPart(name);
    if (found !== undefined) this.#of(found.channel).add(found.part);
  }

  channels(): ChannelKey[] {
    return [...this.#parts.keys()];
  }

  /** The origins whose log may exist. */
  origins(channel: ChannelKey): OriginId[] {
    const parts = [...(this.#parts.get(channel) ?? [])];
    return parts
      .filter((part) => part.startsWith(LOG_PREFIX))
      .map((part) => parseOriginId(part.slice(LOG_PREFIX.length)));
  }

  /** The parts of the index that may exist. */
  indexes(channel: ChannelKey): string[] {
    return [...(this.#parts.get(channel) ?? [])].filter((part) => part.startsWith(INDEX_PREFIX));
  }

  /** All parts that may exist, `meta` first. */
  all(channel: ChannelKey): string[] {
    return [...new Set([META, TWINS, ...(this.#parts.get(channel) ?? [])])];
  }

  /** To be called before a channel is stamped: from then on it is listed. */
  noteChannel(channel: ChannelKey): void {
    this.#of(channel).add(META);
  }

  /** To be called before a log is written. */
  noteLog(channel: ChannelKey, origin: OriginId): void {
    this.#of(channel).add(LOG_PREFIX + origin);
  }

  /** To be called before a log is copied. */
  noteCopy(channel: ChannelKey, origin: OriginId): void {
    this.#of(channel).add(COPY_PREFIX + origin);
  }

  /** To be called before an index is written. */
  noteIndex(channel: ChannelKey, roll: number): void {
    const parts = this.#of(channel);
    const part = INDEX_PREFIX + String(roll);
    if (parts.has(part)) return;
    parts.add(part);
    const indexes = this.indexes(channel);
    const oldest = indexes[0];
    if (indexes.length > INDEX_KEYS_MAX && oldest !== undefined) parts.delete(oldest);
  }

  forget(channel: ChannelKey): void {
    this.#parts.delete(channel);
  }

  #of(channel: ChannelKey): Set<string> {
    let parts = this.#parts.get(channel);
    if (parts === undefined) {
      parts = new Set();
      this.#parts.set(channel, parts);
    }
    return parts;
  }
}
