import {
  formatControlLine,
  formatCursor,
  generationOf,
  parseChannelName,
  toChannelKey,
} from "@dred/protocol";
import type { ByeReason, ChannelKey, ChannelName, ControlLine, OriginId } from "@dred/protocol";
import type { ChannelReplica } from "../ChannelReplica.ts";
import type { Listening, LineSink, ListenRequest, ListenStart } from "../Replica.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import { Subscription } from "./Subscription.ts";
import type { SubscriptionIndex } from "./SubscriptionIndex.ts";

/** What a listener must know of the neighborhood's channels. */
export interface ChannelDirectory {
  /** The living generation of a channel, or undefined when there is none. */
  keyOf(name: ChannelName): ChannelKey | undefined;
  /** Whether this generation is known to be deleted. */
  isDeleted(key: ChannelKey): boolean;
  names(): Iterable<ChannelName>;
  open(key: ChannelKey): Promise<ChannelReplica>;
  isEpochOpen(origin: OriginId): boolean;
}

export interface ListenerStart {
  readonly requests: readonly ListenRequest[];
  readonly sink: LineSink;
  readonly directory: ChannelDirectory;
  readonly index: SubscriptionIndex;
  /** Told once, when the listener has ended, whoever ended it. */
  ended(listener: Listener): void;
}

const FROM_START: ListenStart = { kind: "start" };

/**
 * One listening stream: its subscriptions, the names it still waits for, and the patterns
 * under which channels join it as they are created. A channel named twice, or by a name and
 * a pattern, is delivered once.
 */
export class Listener implements Listening {
  readonly #context: ReplicaContext;
  readonly #start: ListenerStart;
  readonly #subscriptions = new Map<ChannelName, Subscription>();
  /** Everything asked for, by name; a deleted channel is waited for again. */
  readonly #names = new Map<ChannelName, ListenStart>();
  readonly #prefixes: string[] = [];
  #isEnded = false;

  constructor(context: ReplicaContext, start: ListenerStart) {
    this.#context = context;
    this.#start = start;
    start.sink.onDrain(() => this.#drained());
  }

  start(): void {
    for (const { channel, since } of this.#start.requests) {
      if (channel.endsWith("*")) this.#followPrefix(channel.slice(0, -1), since);
      else this.#follow(parseChannelName(channel), since, true);
    }
  }

  cursors(): ReadonlyMap<string, string> {
    return new Map([...this.#subscriptions].map(([name, to]) => [name, to.cursor()]));
  }

  close(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    for (const subscription of this.#subscriptions.values()) this.#end(subscription);
    this.#start.ended(this);
  }

  /** Ends it with its explicit last line. */
  bye(reason: ByeReason, hosts: readonly string[]): void {
    if (this.#isEnded) return;
    this.close();
    this.#start.sink.write(formatControlLine({ type: "bye", reason, hosts }), "");
    this.#start.sink.end();
  }

  /** A channel of this name exists now (again). */
  created(name: ChannelName): void {
    if (!this.#isAskedFor(name)) return;
    const since = this.#livingStart(name, this.#names.get(name) ?? FROM_START);
    if (!this.#isThere(name, since)) return; // its generation is still to come
    // "Now" was before it existed; a cursor from elsewhere stays where the reader stands.
    this.#subscribe(name, since.kind === "now" ? FROM_START : since);
  }

  deleted(name: ChannelName): void {
    const subscription = this.#subscriptions.get(name);
    if (subscription === undefined) return;
    this.#end(subscription);
    this.#subscriptions.delete(name);
    this.#tellDeleted(name, generationOf(subscription.channel.key));
  }

  /** Writes a control line to whoever listens to `channel`, such as `_chans`. */
  notify(channel: ChannelName, line: ControlLine): void {
    if (this.#isAskedFor(channel)) this.tell(line, channel);
  }

  tell(line: ControlLine, channel: string): void {
    if (!this.#isEnded) this.#start.sink.write(formatControlLine(line), channel);
  }

  #isAskedFor(name: ChannelName): boolean {
    return this.#names.has(name) || this.#matches(name);
  }

  #matches(name: ChannelName): boolean {
    return !name.startsWith("_") && this.#prefixes.some((prefix) => name.startsWith(prefix));
  }

  /** A cursor of a later generation waits until this server has heard of that one, too. */
  #isThere(name: ChannelName, since: ListenStart): boolean {
    const key = this.#start.directory.keyOf(name);
    if (key === undefined) return false;
    const asked = since.kind === "vector" ? (since.generation ?? 0) : 0;
    return asked <= generationOf(key);
  }

  /** A cursor of a deleted generation is told so, and begins with the next one's start. */
  #livingStart(name: ChannelName, since: ListenStart): ListenStart {
    if (since.kind !== "vector" || since.generation === undefined) return since;
    if (!this.#start.directory.isDeleted(toChannelKey(name, since.generation))) return since;
    this.#tellDeleted(name, since.generation);
    return FROM_START;
  }

  /**
   * With a cursor in the line: a reader that had none yet must be able to tell a server that has
   * not heard of the deletion which generation is over.
   */
  #tellDeleted(name: ChannelName, generation: number): void {
    if (this.#names.has(name)) this.#names.set(name, FROM_START);
    const { neighborhood } = this.#context.identity;
    const next = { neighborhood, channel: name, generation: generation + 1, vector: new Map() };
    this.tell({ type: "deleted", channel: name, cursor: formatCursor(next) }, name);
  }

  #followPrefix(prefix: string, since: ListenStart): void {
    this.#prefixes.push(prefix);
    this.tell({ type: "listening", channel: `${prefix}*` }, `${prefix}*`);
    for (const name of this.#start.directory.names()) {
      if (this.#matches(name)) this.#follow(name, since, false);
    }
  }

  #follow(name: ChannelName, since: ListenStart, isNamed: boolean): void {
    if (isNamed) this.#names.set(name, since);
    if (name.startsWith("_")) return this.tell({ type: "listening", channel: name }, name);
    const living = this.#livingStart(name, since);
    if (this.#isThere(name, living)) this.#subscribe(name, living);
    else if (living === since)
      this.tell({ type: "warning", channel: name, message: "invalid or expired channel" }, name);
  }

  #subscribe(name: ChannelName, since: ListenStart): void {
    const key = this.#start.directory.keyOf(name);
    const present = this.#subscriptions.get(name);
    if (this.#isEnded || key === undefined || present?.channel.key === key) return;
    if (present !== undefined) this.#end(present);
    void this.#start.directory.open(key).then(
      (channel) => this.#begin(name, channel, since),
      (error: unknown) => this.#retry(name, since, error),
    );
  }

  #begin(name: ChannelName, channel: ChannelReplica, since: ListenStart): void {
    const present = this.#subscriptions.get(name);
    if (this.#isEnded || channel.isClosed || present?.channel === channel) return;
    const { sink, directory } = this.#start;
    const isEpochOpen = (origin: OriginId): boolean => directory.isEpochOpen(origin);
    const subscription = new Subscription(this.#context, { channel, sink, since, isEpochOpen });
    this.#subscriptions.set(name, subscription);
    this.#start.index.add(subscription);
    subscription.start();
  }

  #end(subscription: Subscription): void {
    subscription.end();
    this.#start.index.remove(subscription);
  }

  /** The store did not answer: the listener stays and begins when it does. */
  #retry(name: ChannelName, since: ListenStart, error: unknown): void {
    if (this.#isEnded || this.#context.signal.aborted) return;
    this.#context.log.warn("a listener waits for its channel", { channel: name, error });
    this.#context.clock.after(1_000, () => this.#subscribe(name, since));
  }

  #drained(): void {
    for (const subscription of this.#subscriptions.values()) subscription.drained();
  }
}
