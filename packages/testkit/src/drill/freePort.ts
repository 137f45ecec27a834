import { once } from "node:events";
import { createServer } from "node:net";

/* Below those that Linux gives to whoever asks for any port: such a one could be gone before use. */
const FIRST = 30_100;
const COUNT = 2_600;
const TRIES_MAX = 100;

const given = new Set<number>();

/**
 * A port of 127.0.0.1 that nobody listens on at the moment, another one each time.
 *
 * @throws Error when none of many is free.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`no port of ${FIRST} to ${FIRST + COUNT} is free: ${TRIES_MAX} were tried`);
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, "127.0.0.1");
  try {
    await once(probe, "listening");
  } catch {
    return false;
  }
  probe.close();
  await once(probe, "close");
  return true;
}
