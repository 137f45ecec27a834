import type { Clock, Connection, Random } from "@dred/server";

/** A server as the network knows it. */
interface Address {
  readonly name: string;
  accept(connection: Connection): void;
}

/** What is wrong with one direction between two servers. */
interface LineState {
  /** What is sent is lost, and nobody is told. */
  isCut: boolean;
  /** Nothing arrives and nothing is lost; it goes on when the line does. */
  isFrozen: boolean;
  /** Characters a second. */
  rate: number;
}

/** How a frame of entries begins; names hold no quotation marks. */
const ENTRIES_HEADER = /^\{"type":"entries","channel":"[^"]*","origin":"[^"]*","count":(\d+)/;

const SOUND: LineState = { isCut: false, isFrozen: false, rate: Number.POSITIVE_INFINITY };

/**
 * The lines between simulated servers. Each direction of a connection keeps its order (as
 * TCP does), connections overtake each other, and a line can be cut (silently, in one
 * direction or both), stand still, or be slow; connections can be reset for both ends or one.
 */
export class SimNetwork {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #addresses = new Map<string, Address>();
  readonly #lines = new Map<string, LineState>();
  readonly #open = new Set<SimConnection>();
  /** What waits for a line that stands still to go on. */
  #held: { readonly sender: SimConnection; readonly arrive: () => void }[] = [];
  /** How many entries reached each server: what R9 counts. */
  readonly entriesReceived = new Map<string, number>();
  delayMsMax = 20;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  listen(url: string, address: Address): void {
    this.#addresses.set(url, address);
  }

  /** The process at a URL is gone: its connections are reset, nothing answers there. */
  kill(url: string, name: string): void {
    this.#addresses.delete(url);
    this.resetConnections(name);
  }

  /** @param other Only those with this server. */
  resetConnections(name: string, other?: string): void {
    for (const connection of this.#open) {
      const ends = [connection.from, connection.to];
      if (ends.includes(name) && (other === undefined || ends.includes(other))) connection.reset();
    }
  }

  /** Only one end of each connection learns that it is gone; the other waits for ever. */
  resetOneEnd(name: string): void {
    for (const connection of this.#open) {
      if (connection.from === name) connection.reset();
    }
  }

  /** From now on nothing sent from one to the other arrives. */
  cut(from: string, to: string): void {
    this.#line(from, to).isCut = true;
  }

  /** From now on what is sent from one to the other stands still on its way. */
  freeze(from: string, to: string): void {
    this.#line(from, to).isFrozen = true;
  }

  /** @param rate Characters a second. */
  slow(from: string, to: string, rate: number): void {
    this.#line(from, to).rate = rate;
  }

  /** The line from one to the other is sound again. */
  heal(from: string, to: string): void {
    this.#lines.delete(`${from} ${to}`);
    this.#releaseHeld();
  }

  healAll(): void {
    this.#lines.clear();
    this.#releaseHeld();
  }

  async dial(from: string, url: string, signal: AbortSignal): Promise<Connection> {
    await this.#travel();
    const target = this.#addresses.get(url);
    if (target !== undefined && this.#isStill(from, target.name)) await aborted(signal);
    if (signal.aborted || target === undefined || this.#stateOf(from, target.name).isCut) {
      throw new Error("connection refused");
    }
    const near = new SimConnection(this, from, target.name);
    const far = new SimConnection(this, target.name, from);
    near.other = far;
    far.other = near;
    this.#open.add(near).add(far);
    target.accept(far);
    await this.#travel();
    return near;
  }

  /** Of each open connection, how many characters were sent on it and have not arrived. */
  *unsent(): Iterable<{ readonly from: string; readonly to: string; readonly chars: number }> {
    for (const { from, to, bufferedBytes: chars } of this.#open) yield { from, to, chars };
  }

  forget(connection: SimConnection): void {
    this.#open.delete(connection);
  }

  /** Delivers after a delay, in order within its direction, unless the line is cut then. */
  carry(sender: SimConnection, chars: number, action: (receiver: SimConnection) => void): void {
    const { rate } = this.#stateOf(sender.from, sender.to);
    const now = this.#clock.now();
    const delayMs = this.#random() * this.delayMsMax;
    const atMs = Math.max(now + delayMs, sender.lastArrivalMs) + (chars * 1000) / rate;
    sender.lastArrivalMs = atMs;
    this.#clock.after(atMs - now, () => {
      const arrive = (): void => this.#arrive(sender, action);
      if (this.#isStill(sender.from, sender.to)) this.#held.push({ sender, arrive });
      else arrive();
    });
  }

  countEntries(name: string, text: string): void {
    const count = Number(ENTRIES_HEADER.exec(text)?.[1] ?? 0);
    if (count > 0) this.entriesReceived.set(name, (this.entriesReceived.get(name) ?? 0) + count);
  }

  /** How much has arrived of a message that a slow line is still bringing. */
  partOf(sender: SimConnection | undefined): number {
    if (sender === undefined || sender.isBroken) return 0;
    const { rate, isCut, isFrozen } = this.#stateOf(sender.from, sender.to);
    if (isCut || isFrozen || rate === Number.POSITIVE_INFINITY) return 0;
    const leftMs = Math.max(0, sender.lastArrivalMs - this.#clock.now());
    return Math.max(0, Math.floor(sender.bufferedBytes - (leftMs * rate) / 1000));
  }

  #arrive(sender: SimConnection, action: (receiver: SimConnection) => void): void {
    const receiver = sender.other;
    if (receiver === undefined) return;
    if (this.#stateOf(sender.from, sender.to).isCut) sender.isBroken = true;
    // A line that lost something delivers nothing more: TCP has no holes.
    if (!sender.isBroken) action(receiver);
  }

  #releaseHeld(): void {
    const held = this.#held;
    this.#held = held.filter(({ sender: { from, to } }) => this.#isStill(from, to));
    for (const { sender, arrive } of held) {
      if (!this.#isStill(sender.from, sender.to)) this.#clock.after(0, arrive);
    }
  }

  #line(from: string, to: string): LineState {
    const key = `${from} ${to}`;
    const state = this.#lines.get(key) ?? { ...SOUND };
    this.#lines.set(key, state);
    return state;
  }

  #stateOf(from: string, to: string): LineState {
    return this.#lines.size === 0 ? SOUND : (this.#lines.get(`${from} ${to}`) ?? SOUND);
  }

  #isStill(from: string, to: string): boolean {
    return this.#stateOf(from, to).isFrozen;
  }

  #travel(): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(this.#random() * this.delayMsMax, resolve);
    });
  }
}

class SimConnection implements Connection {
  readonly isLoopback = true;
  /** Characters sent and not yet arrived. */
  bufferedBytes = 0;
  readonly from: string;
  readonly to: string;
  other: SimConnection | undefined;
  lastArrivalMs = 0;
  isBroken = false;
  readonly #network: SimNetwork;
  #receivedBytes = 0;
  #onMessage: (text: string) => void = () => undefined;
  readonly #onClose: (() => void)[] = [];
  #isClosed = false;

  constructor(network: SimNetwork, from: string, to: string) {
    this.#network = network;
    this.from = from;
    this.to = to;
  }

  get receivedBytes(): number {
    return this.#receivedBytes + this.#network.partOf(this.other);
  }

  send(text: string): void {
    if (this.#isClosed) return;
    this.bufferedBytes += text.length;
    this.#network.carry(this, text.length, (receiver) => {
      this.bufferedBytes -= text.length;
      receiver.#receive(text);
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#end();
    this.#network.carry(this, 0, (receiver) => receiver.#end());
  }

  /** This end learns at once that the connection is gone; what is under way is lost. */
  reset(): void {
    this.isBroken = true;
    this.#end();
  }

  onMessage(listener: (text: string) => void): void {
    this.#onMessage = listener;
  }

  onClose(listener: () => void): void {
    if (this.#isClosed) listener();
    else this.#onClose.push(listener);
  }

  #receive(text: string): void {
    if (this.#isClosed) return;
    this.#receivedBytes += text.length;
    this.#network.countEntries(this.from, text);
    this.#onMessage(text);
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#network.forget(this);
    for (const listener of this.#onClose) listener();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
