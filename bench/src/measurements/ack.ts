import type { Measurement } from "../Measurement.ts";
import { messageOf, Poster } from "../Poster.ts";
import { quantile } from "../statistics.ts";

const MESSAGES = 1_000;

/** How long a post takes when nothing else is under way. */
export const ack: Measurement = {
  name: "ack",
  title: "The answer to a post, one in flight, a second server replicates",
  servers: 2,
  rounds: 3,
  async round([first = ""], channel) {
    const times: number[] = [];
    using poster = new Poster(first);
    for (let number = 0; number < MESSAGES; number++) {
      const at = performance.now();
      await poster.post(`/channel/${channel}/message`, messageOf(`a${number}`));
      times.push(performance.now() - at);
    }
    return { "answer p50 ms": quantile(times, 0.5), "answer p99 ms": quantile(times, 0.99) };
  },
};
