import type { CommitPlan } from "@dred/core";
import { DredError, serverOf } from "@dred/protocol";
import type { OriginId } from "@dred/protocol";
import { Counter, Histogram } from "prom-client";
import type { Registry } from "prom-client";
import type { StoreSession } from "../replica/ports/Store.ts";

/** What is timed: the calls of the store port that go to the store. */
export type StoreOperation = "open" | Exclude<keyof StoreSession, "storeId" | "epoch" | "close">;

/** From a call within the process to one that a client would give up waiting for. */
const BUCKETS_SECONDS = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 5];

/** Those of the store port. */
const COMMIT_ERRORS = ["store-unavailable", "store-full", "store-damaged", "store-fenced"];

/** What is counted at the edge to the store: the only place through which entries come in. */
export class StoreMetrics {
  readonly #duration: Histogram<"operation">;
  readonly #errors: Counter<"operation" | "code">;
  readonly #appended: Counter;
  readonly #replicated: Counter<"origin">;
  readonly #gaps: Counter<"origin">;
  readonly #epochs: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#duration = new Histogram({
      name: "dred_store_operation_duration_seconds",
      help: "How long the store took to answer, by operation; failed calls included.",
      labelNames: ["operation"],
      buckets: BUCKETS_SECONDS,
      registers,
    });
    this.#errors = new Counter({
      name: "dred_store_errors_total",
      help: "Store calls that failed, by operation and code of the error.",
      labelNames: ["operation", "code"],
      registers,
    });
    // Prometheus sees no increase in a series that begins with its first error.
    for (const code of COMMIT_ERRORS) this.#errors.inc({ operation: "commit", code }, 0);
    this.#appended = new Counter({
      name: "dred_appended_entries_total",
      help: "Clients' messages that became entries of this server's own logs.",
      registers,
    });
    this.#replicated = new Counter({
      name: "dred_replicated_entries_total",
      help: "Entries of other origins that were stored here, by the server that wrote them.",
      labelNames: ["origin"],
      registers,
    });
    this.#gaps = new Counter({
      name: "dred_gaps_accepted_total",
      help: "Gaps that were accepted instead of entries, by the server that had written them.",
      labelNames: ["origin"],
      registers,
    });
    this.#epochs = new Counter({
      name: "dred_epochs_minted_total",
      help: "How often a new epoch was begun, because the store may have forgotten something.",
      registers,
    });
  }

  /** A call has ended, after so long; with the error, where it failed. */
  called(operation: StoreOperation, seconds: number, error?: unknown): void {
    this.#duration.observe({ operation }, seconds);
    if (error === undefined) return;
    const code = error instanceof DredError ? error.code : "internal";
    this.#errors.inc({ operation, code });
  }

  stored({ origin, entries }: CommitPlan, own: OriginId): void {
    if (origin === own) this.#appended.inc(entries.length);
    else this.#replicated.inc({ origin: serverOf(origin) }, entries.length);
  }

  skipped(origin: OriginId): void {
    this.#gaps.inc({ origin: serverOf(origin) });
  }

  minted(): void {
    this.#epochs.inc();
  }
}
