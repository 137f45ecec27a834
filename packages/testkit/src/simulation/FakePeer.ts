import { peerProof } from "@dred/core";
import { formatFrame, parseFrame, parseNeighborhood, parseServerId } from "@dred/protocol";
import type { Epoch, Frame, HelloFrame, OriginId, OriginSummary } from "@dred/protocol";
import { nodeHash } from "@dred/server";
import type { Connection } from "@dred/server";
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
  /** What it does with any other frame. */
  readonly onFrame?: (frame: Frame, peer: FakePeer) => void;
}

const SECRET = "s";
const EPOCH = "mgqkx2o0aa" as Epoch;

/** A peer that knows the secret of a `Hood` and otherwise says what a test wants it to. */
export class FakePeer {
  /** What it was sent on the newest connection, its pings aside. */
  readonly frames: Frame[] = [];
  readonly #hood: Hood;
  readonly #options: FakePeerOptions;
  #connection: Connection | undefined;
  #dialler: HelloFrame | undefined;

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
      this.send({ type: "pong", sent: frame.sent, clock: this.#hood.clock.now() });
      return this.#sayHave();
    }
    this.frames.push(frame);
    if (frame.type === "hello") this.#answerHello(frame);
    else if (frame.type === "proof" || frame.type === "registry-request") this.#sayHave();
    else this.#options.onFrame?.(frame, this);
  }

  #answerHello(dialler: HelloFrame): void {
    this.#dialler = dialler;
    const { name, epochs = {} } = this.#options;
    const hello: HelloFrame = {
      ...dialler,
      neighborhood: parseNeighborhood("sim"),
      serverId: parseServerId(name),
      storeId: `store of ${name}`,
      instance: name,
      epoch: EPOCH,
      url: urlOf(name),
      clock: this.#hood.clock.now(),
      nonce: "0".repeat(32),
      epochs: new Map(Object.entries(epochs).map(([id, epoch]) => [parseServerId(id), epoch])),
    };
    const handshake = { role: "acceptor", dialler: this.#dialler, acceptor: hello } as const;
    const hmac = (secret: string, text: string): string => nodeHash.hmac(secret, text);
    this.send({ ...hello, proof: peerProof(hmac, SECRET, handshake) });
  }

  #sayHave(): void {
    const { have = new Map(), registry = "" } = this.#options;
    this.send({ type: "have", origins: have, registry });
  }
}
