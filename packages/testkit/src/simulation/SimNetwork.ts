import type { Clock, Connection, Random } from "@dred/server";

/** A server as the network knows it. */
interface Address {
  readonly name: string;
  accept(connection: Connection): void;
}

/**
 * The lines between simulated servers. Each direction of a connection keeps its order (as
 * TCP does), connections overtake each other, and a line can be cut: silently, so that what
 * is sent is lost and nobody is told, in one direction or both, or with a reset.
 */
export class SimNetwork {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #addresses = new Map<string, Address>();
  readonly #cuts = new Set<string>();
  readonly #open = new Set<SimConnection>();
  /** Bytes of `entries` frames that reached a server: what R9 counts. */
  readonly entryChars = new Map<string, number>();
  delayMsMax = 20;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  listen(url: string, address: Address): void {
    this.#addresses.set(url, address);
  }

  /** The process behind a name is gone: its connections are reset, nothing answers there. */
  kill(name: string): void {
    for (const [url, address] of this.#addresses) {
      if (address.name === name) this.#addresses.delete(url);
    }
    this.resetConnections(name);
  }

  resetConnections(name: string): void {
    for (const connection of this.#open) {
      if (connection.from === name || connection.to === name) connection.reset();
    }
  }

  /** From now on nothing sent from one to the other arrives. */
  cut(from: string, to: string): void {
    this.#cuts.add(`${from} ${to}`);
  }

  healAll(): void {
    this.#cuts.clear();
  }

  async dial(from: string, url: string, signal: AbortSignal): Promise<Connection> {
    await this.#travel();
    const target = this.#addresses.get(url);
    if (signal.aborted || target === undefined || this.#isCut(from, target.name)) {
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

  forget(connection: SimConnection): void {
    this.#open.delete(connection);
  }

  /** Delivers after a delay, in order within its direction, unless the line is cut then. */
  carry(sender: SimConnection, action: (receiver: SimConnection) => void): void {
    const delayMs = this.#random() * this.delayMsMax;
    const atMs = Math.max(this.#clock.now() + delayMs, sender.lastArrivalMs);
    sender.lastArrivalMs = atMs;
    this.#clock.after(atMs - this.#clock.now(), () => {
      const receiver = sender.other;
      if (receiver === undefined) return;
      if (this.#isCut(sender.from, sender.to)) sender.isBroken = true;
      // A line that lost something delivers nothing more: TCP has no holes.
      if (!sender.isBroken) action(receiver);
    });
  }

  countEntries(name: string, text: string): void {
    if (!text.startsWith('{"type":"entries"')) return;
    this.entryChars.set(name, (this.entryChars.get(name) ?? 0) + text.length);
  }

  #isCut(from: string, to: string): boolean {
    return this.#cuts.has(`${from} ${to}`);
  }

  #travel(): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(this.#random() * this.delayMsMax, resolve);
    });
  }
}

class SimConnection implements Connection {
  readonly isLoopback = true;
  readonly bufferedBytes = 0;
  readonly from: string;
  readonly to: string;
  other: SimConnection | undefined;
  lastArrivalMs = 0;
  isBroken = false;
  readonly #network: SimNetwork;
  #onMessage: (text: string) => void = () => undefined;
  readonly #onClose: (() => void)[] = [];
  #isClosed = false;

  constructor(network: SimNetwork, from: string, to: string) {
    this.#network = network;
    this.from = from;
    this.to = to;
  }

  send(text: string): void {
    if (this.#isClosed) return;
    this.#network.carry(this, (receiver) => receiver.#receive(text));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#end();
    this.#network.carry(this, (receiver) => receiver.#end());
  }

  /** Both ends learn at once that the connection is gone; what is under way is lost. */
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
