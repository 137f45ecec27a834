import { parseChannelKey, parseEpoch, parseServerId } from "@dred/protocol";
import { RedisDisk, windowMs } from "@dred/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { systemClock } from "../observe/systemClock.ts";
import type { OpenRequest } from "../replica/ports/Store.ts";
import { command } from "./__tests__/storeCommands.ts";
import type { Command } from "./__tests__/storeCommands.ts";
import { StoreSide } from "./__tests__/StoreSide.ts";
import { MemoryDisk } from "./memory/MemoryDisk.ts";
import { createMemoryStore } from "./memory/MemoryStore.ts";

/*
 * The memory store is what the simulation runs on; what it proves holds for Redis only as far as
 * both answer alike. So both get the same random commands, sensible and not, and every answer is
 * compared.
 */

function requestOn(neighborhood: OpenRequest["neighborhood"]): OpenRequest {
  let mints = 0;
  return {
    neighborhood,
    serverId: parseServerId("first"),
    instance: "one",
    isEpochLost: false,
    mintEpoch: () => parseEpoch(`m2k9xq${String(++mints).padStart(2, "0")}`),
  };
}

test("the memory store and the Redis store answer every command alike", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 30, maxLength: 80 }), async (commands) => {
      await using redis = await RedisDisk.open(12);
      const disk = new MemoryDisk();
      const memory = createMemoryStore({ disk, clock: systemClock, random: Math.random });
      const { signal } = new AbortController();
      const real = redis.createStore({ url: redis.url, deadlineMs: 5_000 });
      const area = disk.area(redis.neighborhood);
      const left = new StoreSide(
        (request) => memory.open(request, { signal }),
        {
          async removeKey(key, part) {
            area.channels.get(key)?.remove(part);
          },
          async removeEntry(key, name, at) {
            const log = area.channels.get(key)?.logs.get(name) ?? [];
            const index = log.findIndex((entry) => entry.ts === at.ts && entry.seq === at.seq);
            if (index >= 0) log.splice(index, 1);
          },
        },
        requestOn(redis.neighborhood),
      );
      const right = new StoreSide(
        (request) => real.open(request, { signal }),
        {
          async removeKey(key, part) {
            await redis.send("DEL", redis.key(`{${key}}:${part}`));
          },
          async removeEntry(key, name, at) {
            const log = redis.key(`{${key}}:log:${name}`);
            await redis.send("XDEL", log, `${at.ts}-${at.seq}`);
          },
        },
        requestOn(redis.neighborhood),
      );

      const opening: Command[] = [{ kind: "open", isEpochLost: false }];
      for (const key of ["news~1", "a:b.ö~2"]) {
        opening.push({ kind: "openChannel", channel: parseChannelKey(key), windowMs });
      }
      for (const given of [...opening, ...commands]) {
        expect(await right.answer(given)).toEqual(await left.answer(given));
      }
    }),
    { numRuns: 30 },
  );
}, 60_000);
