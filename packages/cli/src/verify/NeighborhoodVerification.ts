import { compareChannel } from "./compareChannel.ts";
import { compareRegistry } from "./compareRegistry.ts";
import type { Difference } from "./Difference.ts";
import { findParked } from "./findParked.ts";
import { Patience } from "./Patience.ts";
import { ServerProblem } from "./VerifiedServer.ts";
import type { VerifiedServer } from "./VerifiedServer.ts";

const SHOWN_MAX = 10;
const PATIENCE_MS = 10_000;

/** What was compared, and what was found. */
export interface Verification {
  readonly isEqual: boolean;
  /** How many servers were compared to the end. */
  readonly servers: number;
  readonly channels: number;
  readonly messages: number;
  /** How many there are, servers that could not be reached among them; the first ten are shown. */
  readonly found: number;
  /** How many servers could not be compared to the end. */
  readonly unreached: number;
  readonly differences: readonly Difference[];
}

/** Compares servers, channel by channel; memory does not grow with what they hold. */
export class NeighborhoodVerification {
  readonly #patience: Patience;
  readonly #differences: Difference[] = [];
  /** The logs in which a difference was found. */
  readonly #told = new Set<string>();
  #servers: readonly VerifiedServer[];
  #found = 0;
  #unreached = 0;
  #channels = 0;
  #messages = 0;

  constructor(servers: readonly VerifiedServer[], signal: AbortSignal) {
    this.#servers = servers;
    this.#patience = new Patience(PATIENCE_MS, signal);
  }

  async run(): Promise<Verification> {
    await this.#eachAnswers();
    await this.#without(async () =>
      this.#add(await compareRegistry(this.#servers, this.#patience)),
    );
    const names = await this.#names();
    for (const name of names) await this.#without(() => this.#compare(name));
    await this.#without(async () =>
      this.#addParked(await findParked(this.#servers, this.#patience)),
    );
    return {
      isEqual: this.#found === 0,
      servers: this.#servers.length,
      channels: this.#channels,
      messages: this.#messages,
      found: this.#found,
      unreached: this.#unreached,
      differences: this.#differences,
    };
  }

  async #compare(name: string): Promise<void> {
    const { messages, differences } = await compareChannel(name, this.#servers, this.#patience);
    this.#channels++;
    this.#messages += messages;
    this.#add(differences);
  }

  /** A log that all servers have damaged alike is equal, and not as it should be. */
  #addParked(parked: readonly Difference[]): void {
    this.#add(parked.filter((log) => !this.#told.has(placeOf(log))));
  }

  async #eachAnswers(): Promise<void> {
    const tried = await Promise.allSettled(this.#servers.map((server) => server.status()));
    for (const { reason } of tried.filter((each) => each.status === "rejected")) this.#lose(reason);
  }

  async #names(): Promise<readonly string[]> {
    let names: readonly string[] = [];
    await this.#without(async () => {
      const all = await Promise.all(this.#servers.map((server) => server.channels()));
      names = [...new Set(all.flat())].sort();
    });
    return names;
  }

  /** A server that is lost meanwhile is told once, and the rest is compared without it. */
  async #without(action: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        if (this.#servers.length > 0) await action();
        return;
      } catch (error) {
        if (!this.#lose(error)) return;
      }
    }
  }

  /** Whether what failed can be tried again without that server. */
  #lose(error: unknown): boolean {
    if (!(error instanceof ServerProblem)) throw error;
    this.#add([{ detail: `${error.serverId} cannot be compared: ${error.message}` }]);
    if (!error.isLost) return false;
    this.#servers = this.#servers.filter(({ id }) => id !== error.serverId);
    this.#unreached++;
    return true;
  }

  #add(differences: readonly Difference[]): void {
    this.#found += differences.length;
    for (const difference of differences) this.#told.add(placeOf(difference));
    this.#differences.push(...differences.slice(0, SHOWN_MAX - this.#differences.length));
  }
}

function placeOf({ channel, origin }: Difference): string {
  return `${channel} ${origin}`;
}
