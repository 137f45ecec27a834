// Gives the tests a Redis: REDIS_URL, a redis-server or valkey-server on the PATH, one installed
// now, or one from Docker, in this order. What it starts listens on a free loopback port, writes
// only to a temporary directory, and ends with `stop()`.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { redisVersion } from "./redisVersion.mjs";

const MAJOR_MIN = 7;
const DATABASES = 64;
const START_MS_MAX = 20_000;
const settings = ["--save", "", "--appendonly", "no", "--databases", String(DATABASES)];

/**
 * @typedef {object} TestRedis
 * @property {string} url Without a database number.
 * @property {string} source Where it comes from, for people.
 * @property {() => Promise<void>} stop Ends what was started here, and nothing else.
 */

/**
 * @returns {Promise<TestRedis>}
 * @throws {Error} With a sentence for people, when there is no Redis to be had.
 */
export async function provideRedis() {
  const given = process.env.REDIS_URL;
  if (given) return useGiven(given);
  const program = findProgram() ?? installProgram();
  if (program) return startProgram(program);
  if (isDockerUp()) return startContainer();
  throw new Error(
    `The tests need Redis ${MAJOR_MIN} or later (or Valkey): set REDIS_URL, or install redis-server.`,
  );
}

async function useGiven(url) {
  const version = await redisVersion(url).catch((cause) => {
    throw new Error(`No Redis answers at REDIS_URL: ${cause.message}.`, { cause });
  });
  if (majorOf(version) < MAJOR_MIN) {
    throw new Error(`REDIS_URL names a Redis ${version}; the tests need ${MAJOR_MIN} or later.`);
  }
  return { url, source: "REDIS_URL", stop: async () => {} };
}

/** A server program of a fitting version on the PATH. */
function findProgram() {
  return ["redis-server", "valkey-server"].find((name) => {
    const { status, stdout } = run(name, ["--version"]);
    const version = /v=(\S+)/.exec(stdout ?? "")?.[1];
    return status === 0 && version !== undefined && majorOf(version) >= MAJOR_MIN;
  });
}

/** Installs Redis where that needs no answer from anybody; undefined where it does. */
function installProgram() {
  const installers = [installWithApt, installWithBrew];
  return installers.some((install) => install()) ? findProgram() : undefined;
}

function installWithApt() {
  if (run("apt-get", ["--version"]).status !== 0) return false;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && run("sudo", ["-n", "true"]).status !== 0) return false;
  console.log("Installing redis-server with apt-get, for the tests …");
  const asRoot = (command, ...args) => {
    const line = ["env", "DEBIAN_FRONTEND=noninteractive", command, ...args];
    return isRoot ? run("env", line.slice(1)) : run("sudo", ["-n", ...line]);
  };
  const install = ["-y", "--no-install-recommends", "install", "redis-server"];
  asRoot("apt-get", "update");
  const { status, stderr } = asRoot("apt-get", ...install);
  if (status !== 0) console.error(stderr?.trim() ?? "");
  else stopService(asRoot);
  return status === 0;
}

/** The package starts a service of its own, which nobody asked for. */
function stopService(asRoot) {
  if (existsSync("/run/systemd/system")) asRoot("systemctl", "disable", "--now", "redis-server");
  else asRoot("service", "redis-server", "stop");
}

function installWithBrew() {
  if (run("brew", ["--version"]).status !== 0) return false;
  console.log("Installing redis with brew, for the tests …");
  return run("brew", ["install", "redis"]).status === 0;
}

async function startProgram(program) {
  const directory = mkdtempSync(join(tmpdir(), "dred-redis-"));
  const port = await freePort();
  const args = ["--bind", "127.0.0.1", "--port", String(port), "--dir", directory, ...settings];
  // Its own process group: Ctrl-C is for the tests, which still need it while they end.
  const child = spawn(program, args, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const said = [];
  child.stdout.on("data", (chunk) => said.push(chunk));
  child.stderr.on("data", (chunk) => said.push(chunk));
  const ended = once(child, "exit");
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  const url = `redis://127.0.0.1:${port}`;
  try {
    await untilReady(url, () => child.exitCode !== null);
  } catch (cause) {
    await stop();
    throw new Error(`${program} did not start:\n${said.join("").trim()}`, { cause });
  }
  said.length = 0;
  return { url, source: program, stop };
}

function isDockerUp() {
  return run("docker", ["version", "--format", "{{.Server.Version}}"], 10_000).status === 0;
}

async function startContainer() {
  console.log("Starting Redis in Docker, for the tests …");
  const publish = ["-p", "127.0.0.1:0:6379"];
  const started = run("docker", ["run", "--rm", "-d", ...publish, "redis:7", ...settings]);
  if (started.status !== 0) {
    throw new Error(`Docker could not start Redis: ${started.stderr.trim()}`);
  }
  const id = started.stdout.trim();
  const stop = async () => void run("docker", ["rm", "-f", id]);
  const port = run("docker", ["port", id, "6379/tcp"]).stdout.trim().split(":").at(-1);
  const url = `redis://127.0.0.1:${port}`;
  try {
    await untilReady(url, () => false);
  } catch (cause) {
    await stop();
    throw new Error("The Redis in Docker did not answer.", { cause });
  }
  return { url, source: "Docker", stop };
}

async function untilReady(url, hasEnded) {
  const deadline = Date.now() + START_MS_MAX;
  for (;;) {
    try {
      return await redisVersion(url);
    } catch (cause) {
      if (hasEnded() || Date.now() > deadline) throw cause;
    }
    await sleep(50);
  }
}

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

function run(command, args, timeout) {
  return spawnSync(command, args, { encoding: "utf8", timeout, stdio: ["ignore", "pipe", "pipe"] });
}

function majorOf(version) {
  return Number(version.split(".")[0]);
}
