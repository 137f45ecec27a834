import { peerProof } from "@dred/core";
import { formatFrame, parseFrame, parseServerId } from "@dred/protocol";
import type { Epoch, Frame, HelloFrame, OriginId, OriginSummary } from "@dred/protocol";
import { nodeHash } from "@dred/server";
import type { Clock, Connection } from "@dred/server";
import { fakeHello } from "./fakeHello.ts";
import { urlOf } from "./Hood.ts";
import type { SimNetwork } from "./SimNetwork.ts";

/** Where a fake peer lives. */
export interface FakePeerWorld {
  readonly network: SimNetwork;
  readonly clock: Clock;
  /** The neighborhood's. */
  readonly secret: string;
}

export interface FakePeerOptions {
  readonly name: string;
  /** What it says to have; it is said again in answer to each ping. */
  readonly have?: ReadonlyMap<OriginId, OriginSummary>;
  /** The digest of its registry, as it says. */
  readonly registry?: string;
  /** The epochs that it says to have heard of. */
  readonly epochs?: Readonly<Record<string, Epoch>>;
  /** While it gives true, the peer does not say what it has. */
  readonly isMute?: () => boolean;
  /** What it does with any other frame. */
  readonly onFrame?: (frame: Frame, peer: FakePeer) => void;
}

/** A peer that knows the neighborhood's secret and otherwise says what a test wants it to. */
export class FakePeer {
  /** What it was sent on the newest connection, its pings aside. */
  readonly frames: Frame[] = [];
  /** How many pings came, on all connections. */
  pings = 0;
  readonly #world: FakePeerWorld;
  readonly #options: FakePeerOptions;
  /** That on which something came last: answers go there. */
  #connection: Connection | undefined;
  readonly #diallers = new WeakMap<Connection, HelloFrame>();

  constructor(world: FakePeerWorld, options: FakePeerOptions) {
    this.#world = world;
    this.#options = options;
    world.network.listen(urlOf(options.name), {
      name: options.name,
      accept: (connection) => this.#accept(connection),
    });
  }

  /** Who is at the other end of the connection on which something came last. */
  get dialler(): HelloFrame | undefined {
    return this.#connection && this.#diallers.get(this.#connection);
  }

  /** It is gone, and its connections are reset. */
  end(): void {
    const { name } = this.#options;
    this.#world.network.kill(urlOf(name), name);
  }

  send(frame: Frame): void {
    this.#connection?.send(formatFrame(frame));
  }

  /** Sends what need not be a frame. */
  sendText(text: string): void {
    this.#connection?.send(text);
  }

  #accept(connection: Connection): void {
    this.#connection = connection;
    this.frames.splice(0);
    connection.onMessage((text) => {
      this.#connection = connection;
      this.#take(connection, parseFrame(text));
    });
  }

  #take(connection: Connection, frame: Frame): void {
    if (frame.type === "ping") {
      this.pings++;
      this.send({ type: "pong", sent: frame.sent, clock: this.#world.clock.now() });
      return this.#sayHave();
    }
    this.frames.push(frame);
    if (frame.type === "hello") this.#answerHello(connection, frame);
    else if (frame.type === "proof" || frame.type === "registry-request") this.#sayHave();
    else this.#options.onFrame?.(frame, this);
  }

  #answerHello(connection: Connection, dialler: HelloFrame): void {
    this.#diallers.set(connection, dialler);
    const { name, epochs = {} } = this.#options;
    const known = Object.entries(epochs).map(([id, epoch]) => [parseServerId(id), epoch] as const);
    const hello = fakeHello(this.#world, name, { epochs: new Map(known) });
    const handshake = { role: "acceptor", dialler, acceptor: hello } as const;
    const hmac = (secret: string, text: string): string => nodeHash.hmac(secret, text);
    this.send({ ...hello, proof: peerProof(hmac, this.#world.secret, handshake) });
  }

  #sayHave(): void {
    if (this.#options.isMute?.() === true) return;
    const { have = new Map(), registry = "" } = this.#options;
    this.send({ type: "have", origins: have, registry });
  }
}
