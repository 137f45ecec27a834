import { DredError, parseNeighborhood } from "@dred/protocol";
import type { ControlLine } from "@dred/protocol";
import { openSocket } from "#transport";
import type {
  AcceptedGap,
  ChannelInfo,
  ChannelLogs,
  CreatedChannel,
  History,
  Host,
} from "./calls/answers.ts";
import type { LogPage, PostReply, ReplicationStatus } from "./calls/answers.ts";
import { acceptGap, addMember, channelInfo, channelLogs, createChannel } from "./calls/channels.ts";
import { deleteChannel, logPage } from "./calls/channels.ts";
import type { LogRange, NewChannel } from "./calls/channels.ts";
import { history, postMessage, postMessages } from "./calls/messages.ts";
import type { DredClientOptions, HistoryOptions, ListenOptions } from "./DredClientOptions.ts";
import type { NewMessage, PostOptions, SubscribeOptions } from "./DredClientOptions.ts";
import { HostPool } from "./hosts/HostPool.ts";
import type { HostState } from "./hosts/HostPool.ts";
import { watchHosts } from "./hosts/watchHosts.ts";
import { HostCaller } from "./http/HostCaller.ts";
import { toListenTargets } from "./listening/ListenTarget.ts";
import type { ListenTargets } from "./listening/ListenTarget.ts";
import type { Message } from "./listening/Message.ts";
import { MessageStream } from "./listening/MessageStream.ts";
import { generateKey, signString, verifySig } from "./signing/ed25519.ts";
import type { KeyPair } from "./signing/ed25519.ts";
import { Subscription, toCallbacks } from "./Subscription.ts";
import type { MessageCallback, Subscribed } from "./Subscription.ts";
import { systemClock } from "./time/ClientClock.ts";
import type { ClientClock } from "./time/ClientClock.ts";
import { LinkedAbort } from "./time/LinkedAbort.ts";
import type { PeerConnection } from "./transport/PeerConnection.ts";

const DEADLINE_MS = 15_000;

/**
 * A client of a neighborhood, in Node and in browsers: posts to the best of its servers and
 * listens on any, whichever of them come and go.
 *
 * Every call is tried on one server after the other, under the same ocid, for at most 15 s, and
 * rejects with a DredError: what a server refused (4xx, by its `code`), the last server's error,
 * or `host-unreachable`. A call whose answer was lost is repeated, so one that creates or deletes
 * may be told by the next server that it is done already (`channel-exists`, `channel-not-found`).
 *
 * Disconnect it at the end: until then it keeps timers and connections.
 */
export class DredClient implements AsyncDisposable {
  /** Takes the messages of channels that were subscribed to by name only. */
  messageHandler: MessageCallback | undefined;

  readonly #clock: ClientClock;
  readonly #fetch: typeof fetch;
  readonly #pool = new HostPool();
  readonly #caller: HostCaller;
  readonly #abort = new AbortController();
  readonly #streams = new Set<MessageStream<unknown>>();
  readonly #running: Promise<unknown>;

  /** @throws DredError `invalid-name` for a neighborhood that is none. */
  constructor(options: DredClientOptions) {
    if (options.neighborhood !== undefined) parseNeighborhood(options.neighborhood);
    this.messageHandler = options.messageHandler;
    this.#clock = options.clock ?? systemClock;
    this.#fetch = options.fetch ?? fetch;
    const { signal } = this.#abort;
    const platform = { clock: this.#clock, fetch: this.#fetch, signal };
    this.#caller = new HostCaller({
      ...platform,
      pool: this.#pool,
      adminToken: options.adminToken,
      deadlineMs: options.deadlineMs ?? DEADLINE_MS,
    });
    this.#running = Promise.all([
      this.#pool.follow(options.discovery, signal),
      watchHosts(this.#pool, platform),
    ]);
  }

  /**
   * Creates a channel; all servers that are connected have it when this resolves, or 500 ms later.
   *
   * @param options What `POST /channel/:id` takes. With `key`, its id becomes the owner and the
   *   channel's name is signed with it, as an encrypted channel needs.
   */
  async createChannel(channel: string, options: NewChannel = {}): Promise<CreatedChannel> {
    return await createChannel(this.#caller, channel, options);
  }

  /**
   * Deletes a channel and its messages everywhere. A channel with an owner needs the owner's key;
   * any other one the client's `adminToken`, where the servers have one.
   */
  async deleteChannel(channel: string, options: { readonly key?: KeyPair } = {}): Promise<void> {
    await deleteChannel(this.#caller, channel, options.key);
  }

  /** @throws DredError `channel-not-found`. */
  async channelInfo(channel: string): Promise<ChannelInfo> {
    return await channelInfo(this.#caller, channel);
  }

  /** Which logs of a channel the best server holds, and from where to where. */
  async channelLogs(channel: string): Promise<ChannelLogs> {
    return await channelLogs(this.#caller, channel);
  }

  /** A page of one log as the best server stored it, with what readers are not shown. */
  async logPage(channel: string, range: LogRange): Promise<LogPage> {
    return await logPage(this.#caller, channel, range);
  }

  /** The names of all channels, sorted. */
  async channels(): Promise<readonly string[]> {
    const { channels } = (await this.#caller.get("/channels")) as {
      readonly channels: readonly string[];
    };
    return channels;
  }

  /**
   * Posts one message. It exists once, on however many servers it was tried; posting it again with
   * the same `ocid` is answered `duplicate`.
   *
   * @param message `ocid` is made up when there is none; all other fields are kept as they are.
   * @throws DredError `ocid-conflict` when the ocid names other content.
   */
  async postMessage(
    channel: string,
    message: NewMessage,
    options: PostOptions = {},
  ): Promise<PostReply> {
    return await postMessage(this.#caller, channel, { message, options });
  }

  /**
   * Posts many messages, in as few requests as can carry them, one after the other.
   *
   * @returns One answer for each, in the same order: a bad message does not spoil the others.
   */
  async postMessages(
    channel: string,
    messages: readonly NewMessage[],
  ): Promise<readonly (PostReply | DredError)[]> {
    return await postMessages(this.#caller, channel, messages);
  }

  /** One page of the channel's messages in canonical order (ts, then origin). */
  async history(channel: string, options: HistoryOptions = {}): Promise<History> {
    return await history(this.#caller, channel, options);
  }

  /**
   * Listens to one or more channels, from now on or from `since`, and begins at once. See
   * `MessageStream` for order, duplicates and the end.
   *
   * @throws DredError `invalid-cursor`, `invalid-shape`.
   */
  listen(
    channels: ListenTargets,
    options: ListenOptions & { readonly withControlLines: true },
  ): MessageStream<Message | ControlLine>;
  listen(channels: ListenTargets, options?: ListenOptions): MessageStream;
  listen(
    channels: ListenTargets,
    options: ListenOptions & { readonly withControlLines?: boolean } = {},
  ): MessageStream<Message | ControlLine> {
    const stream = new MessageStream<Message | ControlLine>(
      toListenTargets(channels, options.since),
      {
        clock: this.#clock,
        fetch: this.#fetch,
        pool: this.#pool,
        clientSignal: this.#abort.signal,
        signal: options.signal,
        withControlLines: options.withControlLines ?? false,
      },
    );
    this.#streams.add(stream);
    stream.ended.then(
      () => this.#streams.delete(stream),
      () => undefined,
    );
    return stream;
  }

  /**
   * Listens with callbacks, each by its channel or pattern; or by name only, with
   * `messageHandler`. Resolves when what is posted from then on arrives.
   */
  async subscribeToChannels(
    channels: Subscribed,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    const callbacks = toCallbacks(channels, (message) => this.messageHandler?.(message));
    const { onControl, onError = throwLater, ...listening } = options;
    const stream = this.listen([...callbacks.keys()], { ...listening, withControlLines: true });
    const subscription = new Subscription(stream, { callbacks, onControl, onError });
    await stream.listening;
    return subscription;
  }

  /** Makes an ed25519 key pair; its `id` is who one is in encrypted channels. */
  async generateKey(): Promise<KeyPair> {
    return await generateKey();
  }

  /** Signs the UTF-8 bytes of a text; the signature is base64. */
  async signString(text: string, privateKey: string): Promise<string> {
    return await signString(text, privateKey);
  }

  /** Whether a signature is the one of a text by the owner of `id`; false when malformed. */
  async verifySig(text: string, signature: string, id: string): Promise<boolean> {
    return await verifySig(text, signature, id);
  }

  /** Joins an encrypted channel under one's own key, or asks to be let in. */
  async joinChannel(channel: string, key: KeyPair): Promise<"joined" | "requested"> {
    return await this.addMemberToChannel(channel, key.id, key);
  }

  /** Lets `member` (an id) into an encrypted channel, by the key of the owner or of a member. */
  async addMemberToChannel(
    channel: string,
    member: string,
    key: KeyPair,
  ): Promise<"joined" | "requested"> {
    return await addMember(this.#caller, channel, { member, key });
  }

  /**
   * Where this client's newest listener of the channel stands, behind the last message handed
   * out; undefined when nobody listens or no server has answered yet.
   */
  cursor(channel: string): string | undefined {
    const cursors = [...this.#streams].map((stream) => stream.cursor(channel));
    return cursors.findLast((cursor) => cursor !== undefined);
  }

  /** What this client knows of each host: its state, latency and last error. */
  states(): readonly HostState[] {
    return this.#pool.states();
  }

  /**
   * Gives up, on all servers, what nobody can give of a log that a gap holds up on the best server,
   * or of which that server's store lost entries.
   * Needs the client's `adminToken`, where the servers have one.
   *
   * @throws DredError `no-gap`.
   */
  async acceptGap(channel: string, origin: string): Promise<AcceptedGap> {
    return await acceptGap(this.#caller, { channel, origin });
  }

  /** The hosts of the neighborhood, as the best server sees them. */
  async hosts(): Promise<readonly Host[]> {
    const { hosts } = (await this.#caller.get("/hosts")) as { readonly hosts: readonly Host[] };
    return hosts;
  }

  /** Forgets a host for good, in the whole neighborhood. @throws DredError `unknown-host`. */
  async removeHost(id: string): Promise<void> {
    await this.#caller.delete(`/hosts/${encodeURIComponent(id)}`);
  }

  /** How far the best server is with replicating. */
  async status(): Promise<ReplicationStatus> {
    return (await this.#caller.get("/replication")) as ReplicationStatus;
  }

  /**
   * Opens a WebSocket to `path` of the host at `url`: how servers connect to their peers. It
   * belongs to the caller, also after the client disconnects.
   *
   * @throws DredError `host-unreachable` when it is not open within 5 s, or `signal.reason`.
   */
  async openSocket(url: string, path: string, signal: AbortSignal): Promise<PeerConnection> {
    const abort = new LinkedAbort([this.#abort.signal, signal]);
    try {
      return await openSocket(url.replace(/^http/, "ws").replace(/\/+$/, "") + path, abort.signal);
    } finally {
      abort.release();
    }
  }

  /** Ends all streams and calls; resolves when nothing of this client goes on. */
  async disconnect(): Promise<void> {
    this.#abort.abort(new DredError("host-unreachable", "the client was disconnected"));
    await Promise.all([this.#running, ...[...this.#streams].map((stream) => stream.close())]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect();
  }
}

/** As any other event handler's fault: it shows, and nothing goes on as if it had not been. */
function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
