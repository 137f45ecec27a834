import type { ChannelOptions } from "@dred/protocol";
import type { Random } from "@dred/server";
import type { Fault } from "./faults/Fault.ts";
import { channelFaults } from "./faults/channelFaults.ts";
import { networkFaults } from "./faults/networkFaults.ts";
import { processFaults } from "./faults/processFaults.ts";
import { lossFaults, storeFaults } from "./faults/storeFaults.ts";
import { pick } from "./seededRandom.ts";

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
  ...processFaults,
  ...channelFaults,
];

/** Most seeds are small, some are large; few faults at once, so that each is seen clearly. */
export function drawPlan(random: Random): Plan {
  const isLarge = random() < 0.1;
  const servers = isLarge ? 3 + Math.floor(random() * 3) : 2 + Math.floor(random() * 2);
  return {
    servers,
    late: random() < 0.4 ? 1 : 0,
    channels: drawChannels(random),
    readers: isLarge ? 4 : 2,
    steps: isLarge ? 30 : 4 + Math.floor(random() * 8),
    stepMsMax: 1_000,
    postsPerStep: isLarge ? 4 : 3,
    faults: drawFaults(random, isLarge ? 6 : 3),
    faultChance: isLarge ? 0.4 : 0.5,
    isPartial: random() < 0.2,
  };
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
