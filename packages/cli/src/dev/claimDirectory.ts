import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DredError } from "@dred/protocol";
import { redisProcessId } from "./redisQuestions.ts";

/*
 * Two Redis servers in one directory would destroy each other's files. A `dred dev` that was
 * killed cannot end its Redis, so the next one finds it by this note, asks it whether it is still
 * the one that was started (process ids are used again), and ends it before it starts its own.
 */

const END_MS_MAX = 5_000;
const LOOK_MS = 50;

interface Note {
  /** The process that uses the directory. */
  readonly owner: number;
  readonly redis?: number;
  readonly port?: number;
}

export interface DirectoryClaim {
  /** Notes the Redis that was started in it. */
  record(redis: number | undefined, port: number): void;
  release(): void;
}

/** @throws DredError `store-refused` when another living process uses the directory. */
export async function claimDirectory(directory: string): Promise<DirectoryClaim> {
  const path = join(directory, "owner.json");
  const before = readNote(path);
  if (before !== undefined) {
    if (before.owner !== process.pid && isAlive(before.owner)) {
      throw new DredError(
        "store-refused",
        `${directory} is in use by process ${before.owner}: end that "dred dev" first, ` +
          `or delete ${path} if it is none`,
      );
    }
    await endLeftover(before);
  }
  const write = (note: Note): void => writeFileSync(path, JSON.stringify(note));
  write({ owner: process.pid });
  return {
    record: (redis, port) =>
      write({ owner: process.pid, port, ...(redis === undefined ? {} : { redis }) }),
    release: () => rmSync(path, { force: true }),
  };
}

async function endLeftover({ redis, port }: Note): Promise<void> {
  if (redis === undefined || port === undefined) return;
  if ((await redisProcessId(port)) !== redis) return;
  process.kill(redis, "SIGTERM");
  const deadline = Date.now() + END_MS_MAX;
  while (isAlive(redis)) {
    if (Date.now() > deadline) {
      throw new DredError("store-refused", `the Redis of process ${redis} does not end`);
    }
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
}

function readNote(path: string): Note | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Note;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
