import { peerProof } from "@dred/core";
import { formatFrame, parseFrame, parseServerId } from "@dred/protocol";
import type { Epoch, Frame, HelloFrame, OriginId, OriginSummary } from "@dred/protocol";
import { nodeHash } from "@dred/server";
import type { Connection } from "@dred/server";
import { fakeHello, SECRET } from "./fakeHello.ts";
import type { Hood } from "./Hood.ts";
import { urlOf } from "./Hood.ts";

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

/** A peer that knows the secret of a `Hood` and otherwise says what a test wants it to. */
export class FakePeer {
  /** What it was sent on the newest connection, its pings aside. */
  readonly frames: Frame[] = [];
  /** How many pings came, on all connections. */
  pings = 0;
  readonly #hood: Hood;
  readonly #options: FakePeerOptions;
  #connection: Connection | undefined;

  constructor(hood: Hood, options: FakePeerOptions) {
    this.#hood = hood;
    this.#options = options;
    hood.network.listen(urlOf(options.name), {
      name: options.name,
      accept: (connection) => this.#accept(connection),
    });
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
    connection.onMessage((text) => this.#take(parseFrame(text)));
  }

  #take(frame: Frame): void {
    if (frame.type === "ping") {
      this.pings++;
      this.send({ type: "pong", sent: frame.sent, clock: this.#hood.clock.now() });
      return this.#sayHave();
    }
    this.frames.push(frame);
    if (frame.type === "hello") this.#answerHello(frame);
    else if (frame.type === "proof" || frame.type === "registry-request") this.#sayHave();
    else this.#options.onFrame?.(frame, this);
  }

  #answerHello(dialler: HelloFrame): void {
    const { name, epochs = {} } = this.#options;
    const known = Object.entries(epochs).map(([id, epoch]) => [parseServerId(id), epoch] as const);
    const hello = fakeHello(this.#hood, name, { epochs: new Map(known) });
    const handshake = { role: "acceptor", dialler, acceptor: hello } as const;
    const hmac = (secret: string, text: string): string => nodeHash.hmac(secret, text);
    this.send({ ...hello, proof: peerProof(hmac, SECRET, handshake) });
  }

  #sayHave(): void {
    if (this.#options.isMute?.() === true) return;
    const { have = new Map(), registry = "" } = this.#options;
    this.send({ type: "have", origins: have, registry });
  }
}
