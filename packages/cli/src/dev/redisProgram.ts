import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { DredError } from "@dred/protocol";
import { claimDirectory } from "./claimDirectory.ts";
import { isRedisReady } from "./redisQuestions.ts";

const MAJOR_MIN = 7;
const DIRECTORY = ".dred";
const START_MS_MAX = 20_000;
const LOOK_MS = 50;

export interface OwnRedis {
  /** Without a database. */
  readonly url: string;
  close(): Promise<void>;
}

/** A program on the PATH that can be the store, or undefined. */
export function findRedisProgram(): string | undefined {
  return ["redis-server", "valkey-server"].find((program) => {
    const { status, stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
    return status === 0 && Number(/v=(\d+)/.exec(stdout)?.[1] ?? 0) >= MAJOR_MIN;
  });
}

/**
 * Starts a Redis of our own on a free loopback port, with its files in `.dred/`. It ends with
 * `close()`, and with this process.
 *
 * @throws DredError `store-refused` when it does not start, or the directory is in use.
 */
export async function startRedis(program: string): Promise<OwnRedis> {
  const directory = resolve(DIRECTORY);
  mkdirSync(directory, { recursive: true });
  const claim = await claimDirectory(directory);
  const port = await freePort();
  const child = spawn(program, toArguments(directory, port), {
    // A process group of its own: Ctrl-C is for the servers, which still need it while they end.
    detached: true,
    stdio: ["ignore", "ignore", "ignore"],
  });
  const ended = new Promise<void>((done) => child.once("close", () => done()));
  const kill = (): void => void child.kill("SIGTERM");
  process.once("exit", kill);
  claim.record(child.pid, port);
  const close = async (): Promise<void> => {
    kill();
    await ended;
    process.off("exit", kill);
    claim.release();
  };
  try {
    await untilReady(child, port);
  } catch (error) {
    await close();
    throw error;
  }
  return { url: `redis://127.0.0.1:${port}`, close };
}

function toArguments(directory: string, port: number): readonly string[] {
  const place = ["--bind", "127.0.0.1", "--port", String(port), "--dir", directory];
  return [...place, "--appendonly", "yes", "--save", "", "--logfile", `${directory}/redis.log`];
}

async function untilReady(child: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + START_MS_MAX;
  while (!(await isRedisReady(port))) {
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    if (hasEnded || Date.now() > deadline) {
      throw new DredError("store-refused", "Redis did not start: read .dred/redis.log");
    }
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
