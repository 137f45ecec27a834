import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import type { ReplicaKeeper } from "../replica/keepReplica.ts";
import type { Replica, ReplicationStatus } from "../replica/Replica.ts";
import type { Waiting } from "../replica/ReplicaCounts.ts";
import { countSeries, statusSeries, waitingSeries } from "./replicaSeries.ts";
import type { Series } from "./replicaSeries.ts";
import { StoreMetrics } from "./StoreMetrics.ts";

/** What is read when somebody asks for the metrics. */
export interface MetricSources {
  readonly version: string;
  /** Undefined before the store was opened for the first time. */
  keeper(): ReplicaKeeper | undefined;
  /** Open listening streams. */
  listeners(): number;
}

/** The answer to `GET /metrics`. */
export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

/*
 * The metrics of one server, in a registry of its own (several servers can run in one process).
 * Next to nothing is done while messages flow: the edge to the store is timed, a few numbers are
 * added to, and all else is read from the state of the replica when somebody asks.
 */
export class ServerMetrics {
  /** What the edge to the store is to be observed with. */
  readonly store: StoreMetrics;
  readonly #registry = new Registry();
  readonly #sources: MetricSources;
  /** As it was when somebody asked; undefined at the start, and between two epochs. */
  #status: ReplicationStatus | undefined;
  #waiting: Waiting | undefined;
  #isProcessObserved = false;

  constructor(sources: MetricSources) {
    this.#sources = sources;
    this.store = new StoreMetrics(this.#registry);
    for (const series of countSeries) this.#add(series, () => sources.keeper()?.counts);
    for (const series of statusSeries) this.#add(series, () => this.#status);
    for (const series of waitingSeries) this.#add(series, () => this.#waiting);
    this.#addOfServer();
  }

  /** In the text format of Prometheus. */
  async text(): Promise<MetricsText> {
    this.#observeProcess();
    const replica = presentOf(this.#sources.keeper());
    this.#status = replica?.replication();
    this.#waiting = replica?.waiting();
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  /** From the first question on: what watches the process cannot be taken away again. */
  #observeProcess(): void {
    if (this.#isProcessObserved) return;
    this.#isProcessObserved = true;
    collectDefaultMetrics({ register: this.#registry });
  }

  #add<Source>(series: Series<Source>, source: () => Source | undefined): void {
    const { name, help, labels: labelNames, type } = series;
    const options = { name, help, labelNames, registers: [this.#registry] };
    const read = (set: (labels: Record<string, string>, value: number) => void): void => {
      const present = source();
      if (present === undefined) return;
      for (const { labels, value } of series.read(present)) set(labels, value);
    };
    if (type === "gauge") {
      const gauge = new Gauge({
        ...options,
        collect: () => {
          gauge.reset();
          read((labels, value) => gauge.set(labels, value));
        },
      });
    } else {
      const counter = new Counter({
        ...options,
        collect: () => {
          counter.reset();
          read((labels, value) => counter.inc(labels, value));
        },
      });
    }
  }

  #addOfServer(): void {
    const { version } = this.#sources;
    this.#add(
      {
        name: "dred_build_info",
        help: "1, with the version of the server.",
        type: "gauge",
        labels: ["version"],
        read: () => [{ labels: { version }, value: 1 }],
      },
      () => true,
    );
    this.#add(
      {
        name: "dred_ready",
        help: "Whether the server takes posts and listeners.",
        type: "gauge",
        labels: [],
        read: () => [{ labels: {}, value: this.#status?.readiness.isReady === true ? 1 : 0 }],
      },
      () => true,
    );
    this.#add(
      {
        name: "dred_listeners",
        help: "Open listening streams.",
        type: "gauge",
        labels: [],
        read: () => [{ labels: {}, value: this.#sources.listeners() }],
      },
      () => true,
    );
  }
}

function presentOf(keeper: ReplicaKeeper | undefined): Replica | undefined {
  try {
    return keeper?.current();
  } catch {
    return undefined; // the next epoch is being opened
  }
}
