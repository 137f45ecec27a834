import { setTimeout as wait } from "node:timers/promises";
import { entryBytes } from "../entryBytes.ts";
import type { Drill } from "../Drill.ts";
import type { DrillNeighborhood } from "../DrillNeighborhood.ts";
import type { Member, MemberName } from "../Member.ts";
import { postMany } from "../postMany.ts";
import { demand, waitFor } from "../waitFor.ts";

const MEGABYTE = 1_000_000;
const CHARS = 5_000;
/** R9: bytes that enter a server for each byte of the entries that it lacks. */
const RATIO_MAX = 1.05;
const RATIO_CUT_MAX = 1.2;
const SLOW_BYTES_PER_SECOND = 60_000;
const SLOW_MS = 6_000;
/** How long the throttled server may take beyond what its link needs. */
const CATCH_UP_MS_MAX = 150_000;

/** Measures what enters servers from one point in time on. */
class Meter {
  readonly #hood: DrillNeighborhood;
  readonly #bytes: ReadonlyMap<MemberName, number>;
  readonly #entries: ReadonlyMap<MemberName, number>;

  static async start(hood: DrillNeighborhood): Promise<Meter> {
    await hood.settle();
    return new Meter(hood, await lackingBytes(hood));
  }

  private constructor(hood: DrillNeighborhood, entries: ReadonlyMap<MemberName, number>) {
    this.#hood = hood;
    this.#entries = entries;
    this.#bytes = new Map(hood.members.map(({ name }) => [name, hood.links.bytesInto(name)]));
  }

  /** Waits until all have everything. @throws Error when more came than `ratioMax` allows. */
  async stop(what: string, ratioMax: number): Promise<void> {
    await this.#hood.settle(CATCH_UP_MS_MAX);
    const entries = await lackingBytes(this.#hood);
    for (const { name } of this.#hood.members) {
      const came = this.#hood.links.bytesInto(name) - (this.#bytes.get(name) ?? 0);
      const needed = (entries.get(name) ?? 0) - (this.#entries.get(name) ?? 0);
      if (needed === 0) continue; // the server that was posted to
      const ratio = came / needed;
      const megabytes = (needed / MEGABYTE).toFixed(1);
      this.#hood.note(`${what}: ${ratio.toFixed(3)} × the ${megabytes} MB of entries into ${name}`);
      demand(ratio <= ratioMax, `${what}: ${ratio.toFixed(3)} × the bytes of entries into ${name}`);
    }
  }
}

/** Of each server the bytes of all entries of the others. */
async function lackingBytes(hood: DrillNeighborhood): Promise<Map<MemberName, number>> {
  const url = hood.members[0]?.url ?? "";
  const byServer = await entryBytes(url, hood.channels);
  const all = [...byServer.values()].reduce((sum, bytes) => sum + bytes, 0);
  return new Map(hood.members.map(({ name }) => [name, all - (byServer.get(name) ?? 0)]));
}

/** Posts so many bytes to one server, as fast as it takes them. */
async function load(hood: DrillNeighborhood, to: Member, bytes: number): Promise<void> {
  const count = Math.ceil(bytes / CHARS);
  await postMany(to.url, hood.ledger, { channel: hood.channels[0] ?? "", count, chars: CHARS });
}

/** What enters a server, when its links are slow or cut. */
export const bytes: readonly Drill[] = [
  {
    name: "link-slow",
    shows: "a link is slow and in use: it stays the source, and nothing enters a server twice",
    async run(hood) {
      const meter = await Meter.start(hood);
      hood.links.throttle("first", "second", SLOW_BYTES_PER_SECOND);
      await load(hood, hood.member("first"), (SLOW_BYTES_PER_SECOND * SLOW_MS) / 1000);
      await meter.stop("slow", RATIO_MAX);
    },
  },
  {
    name: "link-throttled",
    shows: "one link at 1 MB/s under 50 MB, then one cut under 20 MB: no more bytes than R9 allows",
    async run(hood) {
      const meter = await Meter.start(hood);
      hood.links.throttle("first", "second", MEGABYTE);
      await load(hood, hood.member("first"), 50 * MEGABYTE);
      await meter.stop("at 1 MB/s", RATIO_MAX);
      hood.links.restoreAll();
      const cutMeter = await Meter.start(hood);
      const loading = load(hood, hood.member("first"), 20 * MEGABYTE);
      await waitFor("some of it is there", 10_000, () =>
        hood.reader("second").received.length > 1_000 ? undefined : "nothing",
      );
      await wait(500);
      hood.links.cut("first", "second");
      await loading;
      await cutMeter.stop("with a link cut", RATIO_CUT_MAX);
    },
  },
];
