import type { Measurement } from "../Measurement.ts";
import { messageOf, Poster } from "../Poster.ts";
import { quantile } from "../statistics.ts";

const CONNECTIONS = 50;
const ROUND_MS = 3_000;

/** Posts a second over plain HTTP, each request with one message and its own ocid. */
export function postsOf(servers: 1 | 2): Measurement {
  return {
    name: servers === 1 ? "posts" : "posts-replicated",
    title:
      `Posts over HTTP, ${CONNECTIONS} connections, 128 bytes, ` +
      (servers === 1 ? "one server" : "a second server replicates them"),
    servers,
    rounds: 3,
    async round([url = ""], channel) {
      const times: number[] = [];
      using poster = new Poster(url);
      const startedAt = performance.now();
      let posted = 0;
      const postOn = async (): Promise<void> => {
        for (let at = startedAt; at - startedAt < ROUND_MS; at = performance.now()) {
          await poster.post(`/channel/${channel}/message`, messageOf(`p${posted++}`));
          times.push(performance.now() - at);
        }
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, postOn));
      return {
        "posts/s": (times.length * 1_000) / (performance.now() - startedAt),
        "answer p50 ms": quantile(times, 0.5),
        "answer p99 ms": quantile(times, 0.99),
      };
    },
  };
}
