import { parseChannelName } from "@dred/protocol";
import type { ChannelOptions, Head } from "@dred/protocol";
import type { Log, Replica } from "@dred/server";
import { ActiveFaults } from "./ActiveFaults.ts";
import { convergeReadably } from "./convergeReadably.ts";
import { until } from "./convergence.ts";
import { Ledger } from "./Ledger.ts";
import { LIAR } from "./Liar.ts";
import { drawPlan, hasLiar, isQuiet, trafficMax } from "./Plan.ts";
import type { Plan } from "./Plan.ts";
import { post } from "./posting.ts";
import { checkAtRest, requiredPosts } from "./properties/atRest.ts";
import { checkLimits } from "./properties/limits.ts";
import { checkReaders } from "./properties/readers.ts";
import { checkTraffic } from "./properties/traffic.ts";
import { NotServing } from "./readAll.ts";
import { pick, seededRandom } from "./seededRandom.ts";
import { SimClock } from "./SimClock.ts";
import { SimNetwork } from "./SimNetwork.ts";
import { SimReader } from "./SimReader.ts";
import { SimServer } from "./SimServer.ts";
import { Trace } from "./Trace.ts";
import { finished, members, pass, reachable } from "./World.ts";
import type { World } from "./World.ts";

/*
 * One run of a small neighborhood on simulated time, network and stores, decided by its seed
 * alone. In the safety phase everything may fail; then all is healed, or first a part of the
 * servers, and in the liveness phase everyone who is well must come to the same state within a
 * budget of time. The replica is the real one: what fails here fails in production.
 */

/** How often all goes on when a server ends while all are read. */
const READINGS_MAX = 4;

export interface SimulationResult {
  readonly seed: number;
  readonly acked: number;
  readonly delivered: number;
  /** How long all took to agree after everything was healed, in simulated ms. */
  readonly convergedMs: number;
  /** What happened, one line each. */
  readonly trace: readonly string[];
}

/** A seed in which a property was broken. */
export class SimulationError extends Error {
  readonly trace: readonly string[];

  constructor(seed: number, { world, faults }: Run, cause: unknown) {
    super(`seed ${seed}: ${String(cause)}\n  faults: ${faults.names.join(", ")}`, { cause });
    this.trace = world.trace.lines();
  }
}

/** One run, as far as it has come. */
interface Run {
  readonly plan: Plan;
  readonly faults: ActiveFaults;
  readonly world: World;
}

/** @throws SimulationError with the seed and the property that was broken. */
export async function simulate(seed: number, log: Log): Promise<SimulationResult> {
  const random = seededRandom(seed);
  const plan = drawPlan(random);
  const world = createWorld(plan, { random, log });
  const run = { plan, world, faults: new ActiveFaults(plan.faults) };
  try {
    await begin(run);
    await safetyPhase(run);
    const convergedMs = await livenessPhase(run);
    const delivered = world.readers.reduce((sum, reader) => sum + reader.received.length, 0);
    const acked = world.posts.filter(({ place }) => place !== undefined).length;
    return { seed, acked, delivered, convergedMs, trace: world.trace.lines() };
  } catch (error) {
    throw new SimulationError(seed, run, error);
  } finally {
    for (const server of world.servers) {
      server.kill();
      server.killZombies();
    }
  }
}

function createWorld(plan: Plan, { random, log }: Pick<World, "random" | "log">): World {
  const clock = new SimClock();
  const network = new SimNetwork(clock, random);
  const names = Array.from({ length: plan.servers }, (_, index) => `s${index + 1}`);
  const early = names.slice(0, plan.servers - plan.late);
  const servers = names.map((name) => {
    // A late one knows one member, and nobody was told of it.
    const known = early.includes(name) ? early.filter((host) => host !== name) : ["s1"];
    const hosts = hasLiar(plan) ? [...known, LIAR] : known;
    const skewMs = (random() - 0.5) * 2_000;
    return new SimServer({ name, clock, random, network, log, hosts, skewMs });
  });
  const channels = plan.channels.map((channel, index) => {
    const options = lifeOf(channel, clock.now());
    const wasDeleted = options.expiresAt !== undefined;
    const { isIdle } = channel;
    const name = parseChannelName(`c${index + 1}`);
    return { options, isIdle, name, wasDeleted, isIndexLost: false };
  });
  const readers = Array.from({ length: plan.readers }, (_, index) => {
    return new SimReader(`r${index + 1}`, pick(random, channels), () => clock.now());
  });
  const lists = {
    posts: [],
    givenUp: new Map<string, Head>(),
    broken: [],
    keysLost: new Set<string>(),
    strangers: [],
    apart: new Set<SimServer>(),
    isQuiet: isQuiet(plan),
    trafficMax: trafficMax(plan),
    contentChars: plan.contentChars,
  };
  const [ledger, trace] = [new Ledger(channels, lists.givenUp), new Trace(clock)];
  for (const server of servers) {
    server.disk.delayMs = plan.storeDelayMs;
    server.disk.dropping = () => ledger.scanAll([server], clock.now());
  }
  return { random, clock, network, log, servers, readers, channels, ledger, trace, ...lists };
}

function lifeOf({ options }: Plan["channels"][number], nowMs: number): ChannelOptions {
  const { expiresAt } = options;
  return expiresAt === undefined ? options : { ...options, expiresAt: nowMs + expiresAt };
}

async function begin({ world, plan }: Run): Promise<void> {
  const { servers, trace, channels } = world;
  const early = servers.slice(0, plan.servers - plan.late);
  const names = plan.faults.map(({ name }) => name).join(", ");
  trace.note(`${plan.servers} servers, ${plan.late} late, ${plan.steps} steps; ${names}`);
  for (const { name, options } of channels) trace.note(`${name} ${JSON.stringify(options)}`);
  for (const server of early) server.start();
  await until(world, 30_000, () => early.every(({ replica }) => replica !== undefined));
  for (const { name, options } of channels) {
    await finished(world, serving(world).createChannel(name, { options }));
  }
}

function serving({ servers }: World): Replica {
  const replica = servers.map((server) => server.replica).find((each) => each !== undefined);
  if (replica === undefined) throw new Error("no server serves");
  return replica;
}

async function safetyPhase({ world, plan, faults }: Run): Promise<void> {
  const { random, servers } = world;
  const lateStarts = servers.slice(plan.servers - plan.late).map((server) => {
    return { server, step: Math.floor(random() * plan.steps) };
  });
  for (let step = 0; step < plan.steps; step++) {
    for (const late of lateStarts) if (late.step === step) late.server.start();
    for (let count = random() * plan.postsPerStep; count > 0; count--) post(world);
    if (random() < plan.faultChance) faults.inject(world);
    if (random() < 0.3) moveReader(world);
    await pass(world, random() * plan.stepMsMax);
    check(world);
  }
}

function moveReader(world: World): void {
  const reader = pick(world.random, world.readers);
  reader.resume();
  reader.moveTo(pick(world.random, members(world)));
  if (world.random() < 0.2) reader.pause();
}

function check(world: World): void {
  world.ledger.scanAll(world.servers, world.clock.now());
  checkReaders(world);
  checkTraffic(world);
  checkLimits(world);
  if (world.broken.length > 0) throw world.broken[0];
}

/** First, in some seeds, a part alone; then all. */
async function livenessPhase({ world, plan, faults }: Run): Promise<number> {
  faults.endAll();
  world.network.healAll();
  if (plan.isPartial) {
    setApart(world);
    await rest(world);
    world.network.healAll();
    world.apart.clear();
  }
  return rest(world);
}

/** Cuts one server or more from a part that goes on; some of those cut are dead as well. */
function setApart(world: World): void {
  // The first is always well: a late one may know nobody else and would stay alone.
  const well = members(world).filter((_, index) => index === 0 || world.random() < 0.6);
  for (const server of members(world).filter((each) => !well.includes(each))) {
    world.apart.add(server);
    if (world.random() < 0.5) server.kill();
    for (const { name } of well) {
      world.network.cut(name, server.name);
      world.network.cut(server.name, name);
    }
  }
  world.trace.note(`only ${well.map(({ name }) => name).join(" ")} can be reached`);
}

/**
 * Converges, and checks what must hold then. Where a server ends meanwhile, such as one that hears
 * only now that another had its serverId, all goes on until it has converged again.
 */
async function rest(world: World): Promise<number> {
  const required = requiredPosts(world, reachable(world));
  for (let reading = 1; ; reading++) {
    const convergedMs = await convergeReadably(world);
    world.trace.note(`at rest after ${Math.round(convergedMs)} ms`);
    check(world);
    try {
      await finished(world, checkAtRest(world, required));
    } catch (error) {
      if (error instanceof NotServing && reading < READINGS_MAX) continue;
      throw error;
    }
    check(world);
    return convergedMs;
  }
}
