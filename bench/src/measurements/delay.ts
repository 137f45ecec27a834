import { LineReader } from "../LineReader.ts";
import type { Measurement } from "../Measurement.ts";
import { messageOf, Poster } from "../Poster.ts";
import { quantile } from "../statistics.ts";
import { until } from "../until.ts";

const MESSAGES_PER_SECOND = 500;
const MESSAGES = 1_500;
const RECEIVED_MS_MAX = 5_000;

/** From the start of a post on one server until a listener on the other has the message. */
export const delay: Measurement = {
  name: "delay",
  title: `From a post on one server to a listener on the other, ${MESSAGES_PER_SECOND} messages/s`,
  servers: 2,
  rounds: 3,
  async round([first = "", second = ""], channel) {
    const sent = new Map<string, number>();
    const delays: number[] = [];
    const answers: number[] = [];
    using poster = new Poster(first);
    using reader = await LineReader.open(second, channel, (ocid) => {
      delays.push(performance.now() - (sent.get(ocid) ?? Number.NaN));
    });
    const posts = await atPace(async (number) => {
      const ocid = `d${number}`;
      const at = performance.now();
      sent.set(ocid, at);
      await poster.post(`/channel/${channel}/message`, messageOf(ocid));
      answers.push(performance.now() - at);
    });
    await Promise.all(posts);
    await until(() => reader.count >= MESSAGES, RECEIVED_MS_MAX);
    return {
      "p50 ms": quantile(delays, 0.5),
      "p99 ms": quantile(delays, 0.99),
      "answer p50 ms": quantile(answers, 0.5),
      "answer p99 ms": quantile(answers, 0.99),
    };
  },
};

/** Starts each post when it is due; late timers are caught up, so that the rate is kept. */
async function atPace(post: (number: number) => Promise<void>): Promise<Promise<void>[]> {
  const posts: Promise<void>[] = [];
  const startedAt = performance.now();
  while (posts.length < MESSAGES) {
    const due = ((performance.now() - startedAt) * MESSAGES_PER_SECOND) / 1_000;
    while (posts.length < Math.min(due, MESSAGES)) posts.push(post(posts.length));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return posts;
}
