import { once } from "node:events";
import { connect } from "node:net";

const ANSWER_MS_MAX = 1_000;

/** Whether the Redis on this loopback port has loaded its data and takes commands. */
export async function isRedisReady(port: number): Promise<boolean> {
  return (await ask(port, "PING")).startsWith("+PONG");
}

/** The process id of the Redis on this loopback port; undefined when there is none. */
export async function redisProcessId(port: number): Promise<number | undefined> {
  const id = /^process_id:(\d+)/m.exec(await ask(port, "INFO server"))?.[1];
  return id === undefined ? undefined : Number(id);
}

/** The beginning of the answer to an inline command; empty when nobody answers in a second. */
async function ask(port: number, command: string): Promise<string> {
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  const socket = connect(port, "127.0.0.1");
  try {
    socket.write(`${command}\r\n`);
    const [chunk] = (await once(socket, "data", { signal })) as [Buffer];
    return chunk.toString("utf8");
  } catch {
    return "";
  } finally {
    socket.on("error", () => undefined);
    socket.destroy();
  }
}
