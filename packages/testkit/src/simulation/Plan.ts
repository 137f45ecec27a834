import type { ChannelOptions } from "@dred/protocol";
import type { Random } from "@dred/server";
import type { Fault } from "./faults/Fault.ts";
import { channelFaults } from "./faults/channelFaults.ts";
import { clockFaults } from "./faults/clockFaults.ts";
import { keyFaults } from "./faults/keyFaults.ts";
import { memberFaults } from "./faults/memberFaults.ts";
import { networkFaults } from "./faults/networkFaults.ts";
import { peerFaults } from "./faults/peerFaults.ts";
import { processFaults } from "./faults/processFaults.ts";
import { scriptFaults } from "./faults/scriptFaults.ts";
import { lossFaults, storeFaults } from "./faults/storeFaults.ts";
import { pick } from "./seededRandom.ts";
import { NEARLY_ONCE, NEARLY_ONCE_WITH_GAPS, ONCE } from "./TrafficLimit.ts";
import type { TrafficLimit } from "./TrafficLimit.ts";

/** What a seed decides in advance: how large a run is, and what may go wrong in it. */
export interface Plan {
  readonly servers: number;
  /** How many of them start later, knowing one member only. */
  readonly late: number;
  /** `expiresAt` is counted from the beginning of the run. */
  readonly channels: readonly { readonly options: ChannelOptions; readonly isIdle: boolean }[];
  readonly readers: number;
  /** Steps of the safety phase, and how long each is at most, in ms. */
  readonly steps: number;
  readonly stepMsMax: number;
  readonly postsPerStep: number;
  /** How long a message is, beyond some words. */
  readonly contentChars: number;
  /** How long a call of a store takes while nothing is wrong with it. */
  readonly storeDelayMs: number;
  /** Which of all faults can happen. */
  readonly faults: readonly Fault[];
  readonly faultChance: number;
  /** Whether a part of the servers must converge while the rest is cut off. */
  readonly isPartial: boolean;
}

const allFaults: readonly Fault[] = [
  ...networkFaults,
  ...storeFaults,
  ...lossFaults,
  ...keyFaults,
  ...scriptFaults,
  ...processFaults,
  ...channelFaults,
  ...memberFaults,
  ...peerFaults,
];

/** Most seeds are small, some are large; few faults at once, so that each is seen clearly. */
export function drawPlan(random: Random): Plan {
  const kind = random();
  if (kind < 0.01) return drawLoaded(random);
  if (kind < 0.014) return drawHeavy(random);
  if (kind < 0.06) return { ...drawSmall(random), faults: [], isPartial: false };
  if (kind < 0.1) return { ...drawSmall(random), faults: named("cut-pair"), isPartial: false };
  if (kind < 0.14) return { ...drawSmall(random), faults: named("stop-in-order") };
  if (kind < 0.18) return drawAstray(random);
  if (kind < 0.22) return drawLying(random);
  return kind < 0.93 ? drawSmall(random) : drawLarge(random);
}

function drawSmall(random: Random): Plan {
  return {
    servers: 2 + Math.floor(random() * 2),
    late: random() < 0.3 ? 1 : 0,
    channels: drawChannels(random),
    readers: 2,
    steps: 4 + Math.floor(random() * 6),
    stepMsMax: 1_000,
    postsPerStep: 3,
    storeDelayMs: 0,
    contentChars: 0,
    faults: drawFaults(random, 3),
    faultChance: 0.5,
    isPartial: random() < 0.15,
  };
}

function drawLarge(random: Random): Plan {
  return {
    ...drawSmall(random),
    servers: 3 + Math.floor(random() * 3),
    late: Math.floor(random() * 3),
    readers: 4,
    steps: 20,
    postsPerStep: 5,
    faults: drawFaults(random, 6),
    faultChance: 0.4,
  };
}

/** Ten times the posts, faster than its stores can take them one by one; nothing fails. */
function drawLoaded(random: Random): Plan {
  const load = { postsPerStep: 30, stepMsMax: 300, storeDelayMs: random() * 60 };
  return { ...drawSmall(random), ...load, late: 0, faults: [], isPartial: false };
}

/** More than a link's credit waits for stores that take nothing and lines that stand still. */
function drawHeavy(random: Random): Plan {
  const faults = named("store-unreachable", "store-very-slow", "freeze-direction");
  const load = { contentChars: 250_000, postsPerStep: 16, stepMsMax: 500, faultChance: 0.8 };
  return { ...drawSmall(random), ...load, servers: 2, late: 0, readers: 1, faults };
}

/** One clock is wrong among three that can tell; by a wrong one alone nobody could. */
function drawAstray(random: Random): Plan {
  const channels = [{ options: {}, isIdle: false }];
  const sizes = { servers: 3, late: 0, isPartial: false };
  return { ...drawSmall(random), ...sizes, channels, faults: clockFaults };
}

/** A peer that lies, and is believed no more where nobody honest can be asked. */
function drawLying(random: Random): Plan {
  const faults = named("lying-peer", "cut-server", "cut-but-one", "kill", "process-stopped");
  return { ...drawSmall(random), faults, faultChance: 0.7 };
}

/** Whether a member may come up that lies. */
export function hasLiar({ faults }: Plan): boolean {
  return faults.some(({ name }) => name === "lying-peer");
}

function named(...names: readonly string[]): Fault[] {
  return allFaults.filter(({ name }) => names.includes(name));
}

/** Whether no line, store or process fails in it. */
export function isQuiet({ faults }: Plan): boolean {
  return faults.every(({ name }) => name === "stop-in-order");
}

/** P10: undefined where servers, stores or several lines fail. */
export function trafficMax({ faults, late, isPartial, channels }: Plan): TrafficLimit | undefined {
  if (isPartial || faults.some(({ name }) => name !== "cut-pair")) return undefined;
  // Who joins links to one member after another.
  if (faults.length === 0 && late === 0) return ONCE;
  const hasGaps = channels.some(({ options }) => options.maxMessages !== undefined);
  return hasGaps ? NEARLY_ONCE_WITH_GAPS : NEARLY_ONCE;
}

/** The first is posted to, others may be idle. */
function drawChannels(random: Random): Plan["channels"] {
  const count = random() < 0.6 ? 1 : 2 + Math.floor(random() * 2);
  return Array.from({ length: count }, (_, index) => {
    return { options: drawOptions(random), isIdle: index > 0 && random() < 0.3 };
  });
}

function drawOptions(random: Random): ChannelOptions {
  const kind = random();
  if (kind < 0.6) return {};
  const messageLifetime = 2_000 + Math.floor(random() * 15_000);
  const maxMessages = 1 + Math.floor(random() * 12);
  if (kind < 0.72) return { messageLifetime };
  if (kind < 0.84) return { maxMessages };
  if (kind < 0.92) return { messageLifetime, maxMessages };
  return { expiresAt: 3_000 + Math.floor(random() * 20_000) };
}

function drawFaults(random: Random, most: number): Fault[] {
  const count = Math.floor(random() * (most + 1));
  return Array.from({ length: count }, () => pick(random, allFaults));
}
