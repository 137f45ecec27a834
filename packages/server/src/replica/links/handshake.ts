import { compareEpochs, DredError, formatFrame, parseFrame, PEER_PROTOCOL } from "@dred/protocol";
import type { Epoch, Frame, HelloFrame, ServerId } from "@dred/protocol";
import { epochOf } from "@dred/protocol";
import { peerProof } from "@dred/core";
import type { Connection } from "../ports/Connection.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";

/** How long both ends have for the three messages of a handshake. */
export const HANDSHAKE_MS_MAX = 5_000;
/** A hello that names 4,096 servers and their epochs fits. */
const HANDSHAKE_CHARS_MAX = 262_144;

export interface Handshaken {
  readonly hello: HelloFrame;
  /** The peer's clock minus ours when its hello came, in ms; late by the way it took. */
  readonly clockBaseMs: number;
}

export interface HandshakeKnowledge {
  /** The largest epoch known of every server. */
  epochs(): ReadonlyMap<ServerId, Epoch>;
  /** Through when our store says that we knew the registry. */
  syncedTs(): number;
  /**
   * Asked about a peer that has proven itself. Takes at most a few seconds.
   *
   * @throws DredError when it may not be linked to.
   */
  admit(hello: HelloFrame): Promise<void>;
}

/**
 * Proves to each other that both ends know the neighborhood's secret (hello, hello with
 * proof, proof), or without a secret that both are on this machine.
 *
 * @throws DredError `peer-refused`, with a sentence that says what to do.
 */
export async function shakeHands(
  context: ReplicaContext,
  connection: Connection,
  role: "dialler" | "acceptor",
  knowledge: HandshakeKnowledge,
): Promise<Handshaken> {
  const inbox = new Inbox(context, connection);
  try {
    const shaken = await (role === "dialler"
      ? dial(context, connection, inbox, knowledge)
      : accept(context, connection, inbox, knowledge));
    if (context.signal.aborted) throw refused("this server has ended its epoch; dial again");
    return shaken;
  } catch (error) {
    const { code, detail } = error instanceof DredError ? error : refused("the handshake failed");
    connection.send(formatFrame({ type: "bye", reason: code, detail }));
    throw error;
  } finally {
    inbox.close();
  }
}

async function dial(
  context: ReplicaContext,
  connection: Connection,
  inbox: Inbox,
  knowledge: HandshakeKnowledge,
): Promise<Handshaken> {
  const ours = helloOf(context, knowledge);
  connection.send(formatFrame(ours));
  const theirs = await inbox.hello();
  const clockBaseMs = theirs.clock - context.clock.steady();
  check(context, connection, theirs);
  const handshake = { dialler: ours, acceptor: theirs };
  verify(context, theirs.proof, { role: "acceptor", ...handshake });
  await knowledge.admit(theirs);
  const proof = peerProof(hmacOf(context), context.secret, { role: "dialler", ...handshake });
  connection.send(formatFrame({ type: "proof", proof }));
  return { hello: theirs, clockBaseMs };
}

async function accept(
  context: ReplicaContext,
  connection: Connection,
  inbox: Inbox,
  knowledge: HandshakeKnowledge,
): Promise<Handshaken> {
  const theirs = await inbox.hello();
  const clockBaseMs = theirs.clock - context.clock.steady();
  check(context, connection, theirs);
  const ours = helloOf(context, knowledge);
  const handshake = { dialler: theirs, acceptor: ours };
  const proof = peerProof(hmacOf(context), context.secret, { role: "acceptor", ...handshake });
  connection.send(formatFrame({ ...ours, proof }));
  verify(context, await inbox.proof(), { role: "dialler", ...handshake });
  await knowledge.admit(theirs);
  return { hello: theirs, clockBaseMs };
}

function helloOf(context: ReplicaContext, knowledge: HandshakeKnowledge): HelloFrame {
  const { identity, session, clock, random, hash, instance } = context;
  return {
    type: "hello",
    protocol: PEER_PROTOCOL,
    neighborhood: identity.neighborhood,
    serverId: identity.serverId,
    storeId: session.storeId,
    instance,
    epoch: epochOf(context.origin),
    version: identity.version,
    url: identity.url,
    clock: clock.now(),
    syncedTs: knowledge.syncedTs(),
    nonce: hash.sha256(`${instance} ${random()} ${random()} ${clock.now()}`).slice(0, 32),
    epochs: knowledge.epochs(),
    proof: "",
  };
}

function check(context: ReplicaContext, connection: Connection, theirs: HelloFrame): void {
  const { identity, secret } = context;
  if (theirs.protocol !== PEER_PROTOCOL) {
    throw refused(`this server speaks peer protocol ${PEER_PROTOCOL}, not ${theirs.protocol}`);
  }
  if (theirs.neighborhood !== identity.neighborhood) {
    throw refused(`this server belongs to neighborhood "${identity.neighborhood}"`);
  }
  if (secret === undefined && !connection.isLoopback) {
    throw refused("peers on other machines need the neighborhood's secret (--secret-file)");
  }
}

function verify(
  context: ReplicaContext,
  proof: string,
  handshake: Parameters<typeof peerProof>[2],
): void {
  const expected = peerProof(hmacOf(context), context.secret, handshake);
  if (context.hash.isEqual(expected, proof)) return;
  throw refused("the other end shows no knowledge of the neighborhood's secret (--secret-file)");
}

function hmacOf(context: ReplicaContext): (secret: string, text: string) => string {
  return (secret, text) => context.hash.hmac(secret, text);
}

/** A second live store under one serverId: the newcomer is refused, and ends. */
export function serverIdTaken(serverId: string): DredError {
  const detail = `serverId "${serverId}" is taken by another store; use another --server-id`;
  return new DredError("server-id-taken", detail);
}

export function refused(detail: string): DredError {
  return new DredError("peer-refused", detail);
}

/** Before the other end has proven itself it can refuse us, and nothing worse. */
function toRefusal(bye: Extract<Frame, { type: "bye" }>): DredError {
  return refused(bye.detail);
}

/** The frames of one handshake, awaited one by one, with one deadline for all. */
class Inbox {
  readonly #frames: Frame[] = [];
  readonly #cancel: () => void;
  #wake: () => void = () => undefined;
  #error: DredError | undefined;
  #isOpen = true;

  constructor(context: ReplicaContext, connection: Connection) {
    this.#cancel = context.clock.after(HANDSHAKE_MS_MAX, () => this.#fail("it took too long"));
    connection.onClose((fault) => this.#fail(fault ?? "the connection was closed"));
    connection.onMessage((text) => this.#take(text));
  }

  async hello(): Promise<HelloFrame> {
    const frame = await this.#next();
    if (frame.type === "hello") return frame;
    throw frame.type === "bye" ? toRefusal(frame) : refused("a handshake begins with hello");
  }

  async proof(): Promise<string> {
    const frame = await this.#next();
    if (frame.type === "proof") return frame.proof;
    throw frame.type === "bye" ? toRefusal(frame) : refused("after hello comes proof");
  }

  close(): void {
    this.#isOpen = false;
    this.#cancel();
  }

  async #next(): Promise<Frame> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      if (this.#error !== undefined) throw this.#error;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #take(text: string): void {
    if (!this.#isOpen || this.#frames.length > 4) return;
    if (text.length > HANDSHAKE_CHARS_MAX) return this.#fail("a frame is too large");
    try {
      this.#frames.push(parseFrame(text));
    } catch (error) {
      this.#fail(error instanceof DredError ? error.detail : "a frame cannot be read");
    }
    this.#wake();
  }

  #fail(detail: string): void {
    this.#error ??= refused(`the handshake failed: ${detail}`);
    this.#wake();
  }
}

/** Adds what `more` knows of newer epochs. */
export function mergeEpochs(
  known: Map<ServerId, Epoch>,
  more: Iterable<readonly [ServerId, Epoch]>,
): void {
  for (const [server, epoch] of more) {
    const present = known.get(server);
    if (present === undefined || compareEpochs(epoch, present) > 0) known.set(server, epoch);
  }
}
