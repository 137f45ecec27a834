import { parseChannelName } from "@dred/protocol";
import type { Log, OriginStatus } from "@dred/server";
import { checkAtRest, checkReaders } from "./checkProperties.ts";
import { injectFault } from "./injectFault.ts";
import { pick, seededRandom } from "./seededRandom.ts";
import { SimClock } from "./SimClock.ts";
import { SimNetwork } from "./SimNetwork.ts";
import { SimReader } from "./SimReader.ts";
import { SimServer } from "./SimServer.ts";
import { pass } from "./World.ts";
import type { SimPost, World } from "./World.ts";

/*
 * One run of a small neighborhood on simulated time, network and stores, decided by its seed
 * alone. In the safety phase everything may fail; then all is healed, and in the liveness
 * phase everyone must come to the same state within a budget of time. The replica is the
 * real one: what fails here fails in production.
 */

const CHANNEL = parseChannelName("sim");
const SAFETY_STEPS = 30;
/** Safety takes about 15 s; a lease is 5 s, a silent link is noticed within 8 s. */
const LIVENESS_MS_MAX = 60_000;

export interface SimulationResult {
  readonly seed: number;
  readonly acked: number;
  readonly delivered: number;
  readonly faults: readonly string[];
  /** How long all took to agree after everything was healed, in simulated ms. */
  readonly convergedMs: number;
}

/** @throws Error with the seed and the property that was broken. */
export async function simulate(seed: number, log: Log): Promise<SimulationResult> {
  const world = createWorld(seed, log);
  try {
    await begin(world);
    await safetyPhase(world);
    heal(world);
    const convergedMs = await livenessPhase(world);
    checkReaders(world);
    await finished(world, checkAtRest(world));
    const delivered = world.readers.reduce((sum, reader) => sum + reader.received.length, 0);
    const acked = world.posts.filter((post) => post.mid !== undefined).length;
    return { seed, acked, delivered, faults: world.faults, convergedMs };
  } catch (error) {
    const trace = world.faults.join(", ");
    throw new Error(`seed ${seed}: ${String(error)}\n  faults: ${trace}`, { cause: error });
  } finally {
    for (const server of world.servers) server.kill();
  }
}

function createWorld(seed: number, log: Log): World {
  const random = seededRandom(seed);
  const clock = new SimClock();
  const network = new SimNetwork(clock, random);
  const names = ["first", "second", "third"];
  const servers = names.map((name, index) => {
    // The third is the late one: it knows one member, and nobody was told of it.
    const hosts = index === 2 ? ["first"] : ["first", "second"].filter((host) => host !== name);
    const skewMs = (random() - 0.5) * 2_000;
    return new SimServer({ name, clock, random, network, log, hosts, skewMs });
  });
  const readers = ["r1", "r2", "r3"].map((name) => new SimReader(name, CHANNEL));
  return { random, clock, network, servers, readers, posts: [], faults: [], channel: CHANNEL };
}

/** Waits, for at most a simulated minute, until a promise of the simulated world is done. */
async function finished<Value>(world: World, promise: Promise<Value>): Promise<Value> {
  let isDone = false;
  const done = promise.finally(() => (isDone = true));
  for (let turn = 0; turn < 6_000 && !isDone; turn++) await pass(world, 10);
  if (!isDone) throw new Error("something never ended");
  return done;
}

async function begin(world: World): Promise<void> {
  const [first, second] = world.servers;
  first?.start();
  second?.start();
  await until(world, () => first?.replica !== undefined && second?.replica !== undefined);
  const { replica } = first ?? {};
  if (replica === undefined) throw new Error("the first server did not become ready");
  await finished(world, replica.createChannel(world.channel, { options: {} }));
}

async function safetyPhase(world: World): Promise<void> {
  const lateStart = Math.floor(world.random() * SAFETY_STEPS);
  for (let step = 0; step < SAFETY_STEPS; step++) {
    if (step === lateStart) world.servers[2]?.start();
    for (let count = world.random() * 4; count > 0; count--) post(world);
    if (world.random() < 0.3) injectFault(world);
    if (world.random() < 0.3) moveReader(world);
    await pass(world, world.random() * 1_000);
    checkReaders(world);
  }
}

function moveReader(world: World): void {
  const reader = pick(world.random, world.readers);
  reader.resume();
  reader.moveTo(pick(world.random, world.servers));
  if (world.random() < 0.2) reader.pause();
}

/** Posts until it is answered, on one server after another, under the same ocid. */
function post(world: World): void {
  const ocid = `o${world.posts.length}`;
  const sent: SimPost = { ocid, content: `content of ${ocid}`, mid: undefined };
  world.posts.push(sent);
  const tryOn = (server: SimServer): void => {
    const again = (): void => {
      if (sent.mid === undefined) {
        world.clock.after(300, () => tryOn(pick(world.random, world.servers)));
      }
    };
    const message = { type: "note", msg: sent.content, ocid };
    let isAnswered = false;
    const answered = (mid?: string): void => {
      if (isAnswered) return;
      isAnswered = true;
      sent.mid ??= mid;
      again();
    };
    // A server that is killed never answers: the client gives up on it.
    world.clock.after(2_000, () => answered());
    const reply = server.replica?.post(world.channel, message, "");
    if (reply === undefined) return answered();
    reply.then(
      ({ origin, ts, seq }) => answered(`${origin}/${ts}-${seq}`),
      () => answered(),
    );
  };
  tryOn(pick(world.random, world.servers));
}

function heal(world: World): void {
  world.network.healAll();
  for (const server of world.servers) {
    server.disk.isReachable = true;
    server.disk.delayMs = 0;
    server.disk.faultOf = () => "none";
  }
}

async function livenessPhase(world: World): Promise<number> {
  const startMs = world.clock.now();
  await until(world, () => {
    // As whatever runs the servers would do, and whatever reads from them.
    for (const server of world.servers) server.start();
    for (const [index, reader] of world.readers.entries()) {
      reader.resume();
      const server = world.servers[index];
      if (!reader.isListening && server !== undefined) reader.moveTo(server);
    }
    return isConverged(world);
  });
  return world.clock.now() - startMs;
}

/** Every post answered, every server with the same heads and registry, every reader through. */
function isConverged(world: World): boolean {
  const states = world.servers.map(({ replica }) => replica?.replication());
  if (states.some((state) => state === undefined)) return false;
  const digests = states.map((state) =>
    JSON.stringify([state?.registryDigest, state?.origins.filter(isHeld).map(toHeld)]),
  );
  if (new Set(digests).size > 1 || world.posts.some(({ mid }) => mid === undefined)) return false;
  const live = new Set(world.posts.map(({ ocid }) => ocid)).size;
  return world.readers.every(({ received }) => new Set(received.map((m) => m.ocid)).size >= live);
}

function isHeld({ count }: OriginStatus): boolean {
  return count > 0;
}

function toHeld({ origin, digest }: OriginStatus): [string, string] {
  return [origin, digest];
}

async function until(world: World, condition: () => boolean): Promise<void> {
  const untilMs = world.clock.now() + LIVENESS_MS_MAX;
  while (!condition()) {
    if (world.clock.now() >= untilMs) throw new Error("did not converge: " + describe(world));
    await pass(world, 100);
  }
}

function describe(world: World): string {
  const servers = world.servers.map(({ name, replica }) => {
    const origins = replica?.replication().origins ?? [];
    const heads = origins.map((o) => `${o.origin}=${o.count}<${o.source ?? "-"}`).join(" ");
    return `${name}[${replica === undefined ? "not ready" : heads}]`;
  });
  const open = world.posts.filter(({ mid }) => mid === undefined).length;
  const counts = world.readers.map(({ name, received }) => `${name}:${received.length}`);
  return [...servers, `unanswered ${open} of ${world.posts.length}`, ...counts].join("; ");
}
