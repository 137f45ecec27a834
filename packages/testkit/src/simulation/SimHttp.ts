import { parseCursor, parseVectorObject } from "@dred/protocol";
import type { LineSink, Listening, ListenStart, Replica } from "@dred/server";

interface Target {
  readonly channel: string;
  readonly since?: unknown;
}

/**
 * What carries a client's requests to simulated servers: it listens there, and every other request
 * is answered 200. Its streams can be paused, as by a slow network, and cut.
 */
export class SimHttp {
  readonly #replicas: ReadonlyMap<string, Replica>;
  readonly #cuts = new Set<(reason: unknown) => void>();
  #isBehind = false;

  /** @param replicas By their hosts' names. */
  constructor(replicas: Readonly<Record<string, Replica>>) {
    this.#replicas = new Map(Object.entries(replicas));
  }

  readonly fetch: typeof fetch = async (input, init) => {
    await Promise.resolve();
    init?.signal?.throwIfAborted();
    const { hostname, pathname } = new URL(input as string);
    const replica = this.#replicas.get(hostname);
    if (replica === undefined) throw new TypeError(`no host ${hostname}`);
    if (pathname !== "/channels/listen") return Response.json({ status: "ready" });
    const targets = JSON.parse(init?.body as string) as readonly Target[];
    return new Response(this.#listen(replica, targets, init?.signal ?? undefined));
  };

  /** After its next line every stream is given no more until all are cut. */
  pause(): void {
    this.#isBehind = true;
  }

  /** Breaks all streams; new ones are not paused. */
  cut(): void {
    this.#isBehind = false;
    for (const cut of this.#cuts) cut(new Error("cut"));
  }

  #listen(
    replica: Replica,
    targets: readonly Target[],
    signal: AbortSignal | undefined,
  ): ReadableStream<Uint8Array> {
    let listening: Listening | undefined;
    const requests = targets.map(({ channel, since }) => ({ channel, since: toStart(since) }));
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        const end = (reason: unknown): void => {
          listening?.close();
          if (this.#cuts.delete(end)) controller.error(reason);
        };
        this.#cuts.add(end);
        signal?.addEventListener("abort", () => end(signal.reason), { once: true });
        listening = replica.listen(requests, this.#toSink(controller));
      },
    });
  }

  #toSink(controller: ReadableStreamDefaultController<Uint8Array>): LineSink {
    const encoder = new TextEncoder();
    return {
      write: (line) => {
        controller.enqueue(encoder.encode(`${line}\n`));
        return !this.#isBehind;
      },
      onDrain: () => undefined,
      end: () => controller.close(),
    };
  }
}

function toStart(since: unknown): ListenStart {
  if (since === undefined) return { kind: "now" };
  if (since === "start") return { kind: "start" };
  if (typeof since !== "string") return { kind: "vector", vector: parseVectorObject(since) };
  const { vector, generation } = parseCursor(since);
  return { kind: "vector", vector, generation };
}
