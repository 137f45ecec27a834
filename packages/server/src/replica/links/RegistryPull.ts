import type { RegistryRecord } from "@dred/protocol";
import type { Registry } from "../registry/Registry.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import type { FrameLine } from "./FrameLine.ts";

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

  constructor(context: ReplicaContext, registry: Registry, line: FrameLine) {
    this.#context = context;
    this.#registry = registry;
    this.#line = line;
  }

  /** Whether ours and the peer's were equal at some time since the link was opened. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  compare(theirs: string): void {
    const ours = this.#registry.digest();
    const isStill = this.#digestBefore === "" || this.#digestBefore === ours;
    this.#digestBefore = ours;
    this.#theirs = theirs;
    if (ours === theirs) this.#isSynced = true;
    else if (isStill) {
      this.#line.send({ type: "registry-request", buckets: this.#registry.buckets() });
    }
  }

  /** Merges records, and acknowledges them once they are stored. */
  take(ref: number, records: readonly RegistryRecord[]): void {
    this.#registry.merge(records).then(
      () => {
        this.#isSynced ||= this.#registry.digest() === this.#theirs;
        if (ref > 0) this.#line.send({ type: "registry-ack", ref });
      },
      (error: unknown) => {
        this.#context.log.warn("registry records wait for our store", { error });
      },
    );
  }
}
