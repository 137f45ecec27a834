// Asks a Redis for its version, with nothing but a socket: the scripts have no dependencies.
import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";

const ANSWER_MS_MAX = 3_000;

/**
 * The version of the Redis (or Valkey) at `url`, such as "7.0.15".
 *
 * @param {string} url `redis://` or `rediss://`, with user and password where they are needed.
 * @returns {Promise<string>} Rejects when nothing answers, or with something else, in 3 seconds.
 */
export async function redisVersion(url) {
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  const { protocol, hostname, port, username, password } = new URL(url);
  if (!/^rediss?:$/.test(protocol)) throw new Error("it does not begin with redis://");
  const open = protocol === "rediss:" ? connectTls : connect;
  const host = hostname.replace(/^\[|\]$/g, "");
  const socket = open({ host, port: Number(port || 6379), servername: host });
  try {
    await once(socket, protocol === "rediss:" ? "secureConnect" : "connect", { signal });
    const secrets = [username, password].filter(Boolean).map(decodeURIComponent);
    if (secrets.length > 0) socket.write(command("AUTH", ...secrets));
    socket.write(command("INFO", "server"));
    return await readVersion(socket, signal);
  } finally {
    socket.on("error", () => {});
    socket.destroy();
  }
}

/** Reads until the version has arrived; an error reply (`-…`) ends the reading. */
async function readVersion(socket, signal) {
  let text = "";
  for (;;) {
    const [chunk] = await once(socket, "data", { signal });
    text += chunk.toString("utf8");
    const version = /^redis_version:(\S+)\r$/m.exec(text)?.[1];
    if (version) return version;
    const refusal = /^-(.*)\r\n/m.exec(text)?.[1];
    if (refusal) throw new Error(refusal);
  }
}

/** One command in the wire form of Redis. */
function command(...words) {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join("")}`;
}
