import { DredError } from "@dred/protocol";
import type { HelloFrame, ServerId } from "@dred/protocol";
import { childAbort } from "../childAbort.ts";
import type { ChildAbort } from "../childAbort.ts";
import type { Connection, Dial } from "../ports/Connection.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import { supervise } from "../supervise.ts";
import type { Supervision } from "../supervise.ts";
import { HANDSHAKE_MS_MAX, shakeHands } from "./handshake.ts";
import type { Handshaken, HandshakeKnowledge } from "./handshake.ts";

const BACKOFF = { delayMsMin: 100, delayMsMax: 3_000 };
/** A link that ends sooner counts as a failure: what ended it may well do so again. */
const STEADY_MS = 5_000;

export interface HostAddress {
  readonly id?: ServerId;
  readonly url: string;
}

export interface DiallingParts {
  readonly dial: Dial;
  readonly knowledge: HandshakeKnowledge;
  /** Uses an open link until it closes, which ends the promise. */
  run(connection: Connection, shaken: Handshaken): Promise<void>;
}

interface Target {
  readonly url: string;
  readonly stop: ChildAbort;
  readonly supervision: Supervision;
  /** Whether a connection is open and past its handshake. */
  isConnected: boolean;
  /** Whether at least one try has ended, well or badly. */
  isTried: boolean;
}

/**
 * Dials every host that is known and is not ourselves, for ever, whether it is there yet or
 * not. An address given by configuration goes before the registry's (NAT, proxies); an
 * address without a name is dialled until the host there says who it is.
 */
export class Dialling {
  readonly #context: ReplicaContext;
  readonly #parts: DiallingParts;
  readonly #configured = new Map<ServerId, string>();
  readonly #named = new Map<ServerId, Target>();
  readonly #unnamed = new Map<string, Target>();
  /** Addresses at which we found ourselves. */
  readonly #ownUrls = new Set<string>();

  constructor(context: ReplicaContext, parts: DiallingParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** How many hosts are known besides ourselves. */
  get size(): number {
    return this.#named.size + this.#unnamed.size;
  }

  /** The addresses that configuration or discovery give now; others are left alone. */
  configure(hosts: readonly HostAddress[]): void {
    for (const { id, url } of hosts) {
      if (id === undefined) this.#dialUnnamed(url);
      else {
        this.#configured.set(id, url);
        this.learn(id, url);
      }
    }
  }

  /** A host of the registry, or one that dialled us. */
  learn(id: ServerId, registryUrl: string): void {
    if (id === this.#context.identity.serverId) return;
    const url = this.#configured.get(id) ?? registryUrl;
    const present = this.#named.get(id);
    if (present?.url === url) return;
    if (present !== undefined) end(present);
    this.#named.set(id, this.#start(url, id));
  }

  forget(id: ServerId): void {
    const target = this.#named.get(id);
    if (target !== undefined) end(target);
    this.#named.delete(id);
    this.#configured.delete(id);
  }

  /** The host has just shown that it is alive: no more waiting. */
  wake(id: ServerId): void {
    const target = this.#named.get(id);
    if (target?.isConnected === false) target.supervision.wake();
  }

  /** Whether it is known of every host if it can be reached. */
  hasTriedAll(): boolean {
    return [...this.#named.values(), ...this.#unnamed.values()].every(({ isTried }) => isTried);
  }

  async ended(): Promise<void> {
    const targets = [...this.#named.values(), ...this.#unnamed.values()];
    await Promise.all(targets.map(({ supervision }) => supervision.ended));
  }

  #dialUnnamed(url: string): void {
    if (url === this.#context.identity.url || this.#ownUrls.has(url)) return;
    if (this.#unnamed.has(url)) return;
    for (const target of this.#named.values()) if (target.url === url) return;
    this.#unnamed.set(url, this.#start(url, undefined));
  }

  #start(url: string, id: ServerId | undefined): Target {
    const stop = childAbort(this.#context.signal);
    const { signal } = stop;
    const { clock, random, log } = this.#context;
    const target: Target = {
      url,
      stop,
      isConnected: false,
      isTried: false,
      supervision: supervise({
        clock,
        random,
        signal,
        backoff: BACKOFF,
        run: (healthy) => this.#dialOnce(() => target, { id, signal, healthy }),
        failed: (error, attempt) => {
          target.isTried = true;
          const detail = error instanceof DredError ? error.detail : String(error);
          const fields = { host: id ?? url, url, error: detail };
          if (attempt === 0) log.info("host not linked; dialling on", fields);
        },
      }),
    };
    return target;
  }

  async #dialOnce(
    target: () => Target,
    attempt: { id: ServerId | undefined; signal: AbortSignal; healthy: () => void },
  ): Promise<"again" | "done"> {
    await Promise.resolve(); // the target exists once its loop has been given back
    const { url } = target();
    const patience = childAbort(attempt.signal);
    const cancel = this.#context.clock.after(HANDSHAKE_MS_MAX, () =>
      patience.abort(new DredError("host-unreachable", `${url} did not answer in time`)),
    );
    const connection = await this.#parts.dial(url, patience.signal).finally(() => {
      cancel();
      patience.release();
    });
    const hangUp = (): void => connection.close();
    attempt.signal.addEventListener("abort", hangUp, { once: true });
    try {
      return await this.#useConnection(target(), connection, attempt);
    } finally {
      target().isConnected = false;
      attempt.signal.removeEventListener("abort", hangUp);
      connection.close();
    }
  }

  async #useConnection(
    target: Target,
    connection: Connection,
    attempt: { id: ServerId | undefined; healthy: () => void },
  ): Promise<"again" | "done"> {
    let isSelf = false;
    const admit = async (hello: HelloFrame): Promise<void> => {
      isSelf = hello.instance === this.#context.instance;
      if (!isSelf) await this.#parts.knowledge.admit(hello);
    };
    const knowledge = { ...this.#parts.knowledge, admit };
    const shaken = await shakeHands(this.#context, connection, "dialler", knowledge);
    if (isSelf) {
      this.#unnamed.delete(target.url);
      this.#ownUrls.add(target.url);
      return "done";
    }
    const { serverId, url } = shaken.hello;
    if (attempt.id === undefined) {
      this.#unnamed.delete(target.url);
      this.#configured.set(serverId, target.url);
      this.learn(serverId, url);
      return "done";
    }
    if (serverId !== attempt.id) {
      throw new DredError("peer-refused", `${target.url} is ${serverId}, not ${attempt.id}`);
    }
    target.isConnected = true;
    target.isTried = true;
    const cancel = this.#context.clock.after(STEADY_MS, attempt.healthy);
    await this.#parts.run(connection, shaken).finally(cancel);
    return "again";
  }
}

function end({ stop }: Target): void {
  stop.abort(new DOMException("the host is no longer dialled here", "AbortError"));
  stop.release();
}
