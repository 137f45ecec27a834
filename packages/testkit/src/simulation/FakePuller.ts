import { peerProof } from "@dred/core";
import { formatFrame, parseFrame } from "@dred/protocol";
import type { Frame, HelloFrame } from "@dred/protocol";
import { nodeHash } from "@dred/server";
import type { Connection } from "@dred/server";
import { fakeHello } from "./fakeHello.ts";
import type { Hood } from "./Hood.ts";
import { urlOf } from "./Hood.ts";

type FrameOf<Type extends Frame["type"]> = Extract<Frame, { type: Type }>;

/** A peer that dials a server of a `Hood`, is let in, and then pulls there as a test wants it to. */
export class FakePuller {
  /** What it was sent. */
  readonly frames: Frame[] = [];
  /** The same, as texts. */
  readonly texts: string[] = [];
  isClosed = false;
  readonly #connection: Connection;

  /** Resolves when the server has said for the first time what it has. */
  static async dial(hood: Hood, name: string, server: string): Promise<FakePuller> {
    const { signal } = new AbortController();
    const puller = new FakePuller(await hood.done(hood.network.dial(name, urlOf(server), signal)));
    const hello = fakeHello(hood, name);
    puller.send(hello);
    await hood.until(() => puller.all("hello").length === 1);
    puller.#prove(hello, hood.secret);
    await hood.until(() => puller.all("have").length > 0);
    return puller;
  }

  private constructor(connection: Connection) {
    this.#connection = connection;
    connection.onMessage((text) => {
      this.texts.push(text);
      this.frames.push(parseFrame(text));
    });
    connection.onClose(() => (this.isClosed = true));
  }

  send(frame: Frame): void {
    this.#connection.send(formatFrame(frame));
  }

  /** The frames of one type, in the order in which they came. */
  all<Type extends Frame["type"]>(type: Type): FrameOf<Type>[] {
    return this.frames.filter((frame): frame is FrameOf<Type> => frame.type === type);
  }

  #prove(dialler: HelloFrame, secret: string): void {
    const [acceptor] = this.all("hello");
    if (acceptor === undefined) return;
    const hmac = (key: string, text: string): string => nodeHash.hmac(key, text);
    const proof = peerProof(hmac, secret, { role: "dialler", dialler, acceptor });
    this.send({ type: "proof", proof });
  }
}
