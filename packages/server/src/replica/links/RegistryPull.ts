import type { RegistryRecord } from "@dred/protocol";
import type { Registry } from "../registry/Registry.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import type { FrameLine } from "./FrameLine.ts";

/** An answer that changed nothing for so long: what differs is ours alone. */
const ANSWER_MS_MAX = 2_000;
/**
 * The same question is asked again with the next ping, not at once: the peer answers each with
 * what it has, and while our store takes no records, or what differs is ours alone, nothing moves.
 */
const REPEAT_MS = 900;

/**
 * What we take of a peer's registry: live changes as they come, and, where the digests
 * differ and stay so, everything in the buckets that differ.
 */
export class RegistryPull {
  readonly #context: ReplicaContext;
  readonly #registry: Registry;
  readonly #line: FrameLine;
  #digestBefore = "";
  /** The peer's digest when it last said. */
  #theirs = "";
  #isSynced = false;
  #mergesOpen = 0;
  /** Both digests when the peer was last asked, and when that was. */
  #request = { ours: "", theirs: "", atMs: Number.NEGATIVE_INFINITY };
  /** What our digest was when the peer was first asked with it. */
  #asked: { readonly digest: string; readonly atMs: number } | undefined;

  constructor(context: ReplicaContext, registry: Registry, line: FrameLine) {
    this.#context = context;
    this.#registry = registry;
    this.#line = line;
  }

  /** Whether we had all that the peer has at some time since the link was opened. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  get isEqual(): boolean {
    return this.#theirs === this.#registry.digest();
  }

  compare(theirs: string): void {
    const ours = this.#registry.digest();
    const isStill = this.#digestBefore === "" || this.#digestBefore === ours;
    this.#digestBefore = ours;
    this.#theirs = theirs;
    if (ours === theirs) this.#isSynced = true;
    else if (isStill) {
      this.#isSynced ||= this.#hasTaken(ours);
      // R10: one answer at a time waits for our store, however slow that is.
      if (this.#mergesOpen === 0) this.#askFor(ours, theirs);
    }
  }

  #askFor(ours: string, theirs: string): void {
    const atMs = this.#context.clock.steady();
    const before = this.#request;
    const isSame = before.ours === ours && before.theirs === theirs;
    if (isSame && atMs - before.atMs < REPEAT_MS) return;
    this.#request = { ours, theirs, atMs };
    this.#line.send({ type: "registry-request", buckets: this.#registry.buckets() });
  }

  /** The peer may never dial us and so never have ours; that must not keep us from serving. */
  #hasTaken(ours: string): boolean {
    const now = this.#context.clock.steady();
    if (this.#asked?.digest !== ours) this.#asked = { digest: ours, atMs: now };
    return this.#mergesOpen === 0 && now - this.#asked.atMs >= ANSWER_MS_MAX;
  }

  /** Merges records, and acknowledges them once they are stored. */
  take(ref: number, records: readonly RegistryRecord[]): void {
    this.#mergesOpen++;
    this.#registry.merge(records).then(
      () => {
        this.#mergesOpen--;
        this.#isSynced ||= this.#registry.digest() === this.#theirs;
        if (ref > 0) this.#line.send({ type: "registry-ack", ref });
      },
      (error: unknown) => {
        this.#asked = undefined; // what was not stored is not ours
        this.#mergesOpen--;
        this.#context.log.warn("registry records wait for our store", { error });
      },
    );
  }
}
