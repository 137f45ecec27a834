import { limits } from "@dred/protocol";
import type {
  ChannelKey,
  Frame,
  HelloFrame,
  OriginId,
  OriginSummary,
  RegistryRecord,
} from "@dred/protocol";
import type { ChannelTable } from "../ChannelTable.ts";
import type { Registry } from "../registry/Registry.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import type { FrameLine } from "./FrameLine.ts";
import { HeldWaits } from "./HeldWaits.ts";
import { RegistryPush } from "./RegistryPush.ts";
import { ServedLogs } from "./ServedLogs.ts";

export interface ServingLinkParts {
  readonly hello: HelloFrame;
  readonly line: FrameLine;
  readonly table: ChannelTable;
  readonly registry: Registry;
}

/** The serving end of a link: what a peer that dialled us asks for and gets. */
export class ServingLink {
  readonly hello: HelloFrame;
  readonly #context: ReplicaContext;
  readonly #line: FrameLine;
  readonly #table: ChannelTable;
  readonly #registry: Registry;
  readonly #logs: ServedLogs;
  readonly #held: HeldWaits;
  readonly #push: RegistryPush;
  readonly #cancels: (() => void)[] = [];

  constructor(context: ReplicaContext, parts: ServingLinkParts) {
    this.#context = context;
    this.hello = parts.hello;
    this.#line = parts.line;
    this.#table = parts.table;
    this.#registry = parts.registry;
    const { line, table } = parts;
    this.#logs = new ServedLogs(context, { peer: this.hello.serverId, line, table });
    this.#held = new HeldWaits(context, parts.table, (answer) => this.#line.send(answer));
    this.#push = new RegistryPush(context, (ref, records) => this.#sendRecords(ref, records));
  }

  start(): void {
    this.#line.onFrame((frame) => this.#receive(frame));
    const stop = this.#table.listen({
      appended: (channel, origin, before, entries) => {
        this.#logs.push(channel, origin, before, entries);
        this.#held.look();
      },
      advanced: () => this.#held.look(),
    });
    this.#cancels.push(stop);
    this.#sendHave();
  }

  /** Pushes changes of the registry; resolves when the peer has stored them, or is not waited for. */
  async tell(records: readonly RegistryRecord[]): Promise<void> {
    if (!this.#line.isClosed) await this.#push.tell(records);
  }

  get isClosed(): boolean {
    return this.#line.isClosed;
  }

  get lastHeardMs(): number {
    return this.#line.lastHeardMs;
  }

  bye(reason: string, detail: string): void {
    this.#line.bye(reason, detail);
  }

  close(): void {
    for (const cancel of this.#cancels.splice(0)) cancel();
    this.#logs.close();
    this.#held.close();
    this.#push.close();
  }

  #receive(frame: Frame): void {
    switch (frame.type) {
      case "pull":
        return this.#logs.follow(frame.origin, frame.logs);
      case "fetch":
        return this.#logs.fetch(frame.origin, frame.logs);
      case "stop":
        return this.#logs.stop(frame.origin, frame.channel);
      case "heads-request":
        return this.#sendHeads(frame.origin, frame.from);
      case "credit":
        return this.#logs.addCredit(frame.bytes);
      case "held-request":
        return this.#held.add(frame);
      case "registry-request":
        return this.#sendRegistry(frame.buckets);
      case "registry-ack":
        return this.#push.acknowledge(frame.ref);
      case "ping":
        return this.#answerPing(frame.sent);
      default:
        this.#line.fail(`a serving link takes no ${frame.type}`);
    }
  }

  #answerPing(sent: number): void {
    this.#sendHave();
    this.#line.send({ type: "pong", sent, clock: this.#context.clock.now() });
  }

  #sendRecords(ref: number, records: readonly RegistryRecord[]): number {
    const chars = this.#line.send({ type: "registry", ref, records });
    return chars + this.#sendHave(); // so that the peer sees at once whether both are equal now
  }

  #sendHave(): number {
    const all = this.#table.summaries();
    const origins = all.size > limits.FRAME_ORIGINS_MAX ? this.#someOf(all) : all;
    return this.#line.send({ type: "have", origins, registry: this.#registry.digest() });
  }

  #someOf(all: ReadonlyMap<OriginId, OriginSummary>): Map<OriginId, OriginSummary> {
    const detail = `peers are told of ${limits.FRAME_ORIGINS_MAX} origins of ${all.size}`;
    this.#context.log.error("there are too many origins", { detail });
    return new Map([...all].slice(-limits.FRAME_ORIGINS_MAX));
  }

  #sendHeads(origin: OriginId, from: ChannelKey | undefined): void {
    const all = this.#table.headsOf(origin, from);
    const next = all[limits.FRAME_LOGS_MAX]?.[0];
    this.#line.send({ type: "heads", origin, heads: all.slice(0, limits.FRAME_LOGS_MAX), next });
  }

  #sendRegistry(buckets: readonly string[]): void {
    const records = this.#registry.differences(buckets);
    for (let at = 0; at < records.length; at += limits.FRAME_RECORDS_MAX) {
      const page = records.slice(at, at + limits.FRAME_RECORDS_MAX);
      this.#line.send({ type: "registry", ref: 0, records: page });
    }
    this.#sendHave();
  }
}
