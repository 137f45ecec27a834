import { LineReader } from "../LineReader.ts";
import type { Measurement } from "../Measurement.ts";
import { messageOf, Poster } from "../Poster.ts";
import { until } from "../until.ts";

const REQUESTS = 40;
const MESSAGES_PER_REQUEST = 1_000;
const IN_FLIGHT = 4;
const RECEIVED_MS_MAX = 30_000;

/** Messages a second from one server to a listener on the other, posted many at a time. */
export const bulk: Measurement = {
  name: "bulk",
  title: `From server to server, ${MESSAGES_PER_REQUEST} messages a request, ${IN_FLIGHT} requests at once`,
  servers: 2,
  rounds: 3,
  async round([first = "", second = ""], channel) {
    const bodies = Array.from({ length: REQUESTS }, (_, index) => bodyOf(index));
    using poster = new Poster(first);
    using reader = await LineReader.open(second, channel, () => undefined);
    const startedAt = performance.now();
    const post = async (): Promise<void> => {
      for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
        await poster.post(`/channel/${channel}/messages`, body);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, post));
    const acknowledgedAt = performance.now();
    await until(() => reader.count >= REQUESTS * MESSAGES_PER_REQUEST, RECEIVED_MS_MAX);
    const perSecond = (endedAt: number): number =>
      (REQUESTS * MESSAGES_PER_REQUEST * 1_000) / (endedAt - startedAt);
    return {
      "acknowledged messages/s": perSecond(acknowledgedAt),
      "received messages/s": perSecond(performance.now()),
    };
  },
};

function bodyOf(request: number): string {
  const messages = Array.from({ length: MESSAGES_PER_REQUEST }, (_, index) =>
    messageOf(`b${request}-${index}`),
  );
  return `[${messages.join(",")}]`;
}
