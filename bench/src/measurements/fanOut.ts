import { LineReader } from "../LineReader.ts";
import type { Measurement } from "../Measurement.ts";
import { Owned } from "../Owned.ts";
import { messageOf, Poster } from "../Poster.ts";
import { quantile } from "../statistics.ts";
import { until } from "../until.ts";

const LISTENERS = 1_000;
const OPENED_AT_ONCE = 50;
const SINGLE_MESSAGES = 20;
const BURST_MESSAGES = 200;
const RECEIVED_MS_MAX = 20_000;

/** One message to very many listeners of the same server. */
export const fanOut: Measurement = {
  name: "fan-out",
  title: `One server to ${LISTENERS} listeners`,
  servers: 1,
  rounds: 3,
  async round([url = ""], channel) {
    await using owned = new Owned();
    using poster = new Poster(url);
    let received = 0;
    let postedAt = 0;
    const delays: number[] = [];
    const onMessage = (): void => {
      received++;
      if (delays.length < SINGLE_MESSAGES * LISTENERS) delays.push(performance.now() - postedAt);
    };
    for (let opened = 0; opened < LISTENERS; opened += OPENED_AT_ONCE) {
      const open = async (): Promise<void> => {
        const reader = await LineReader.open(url, channel, onMessage);
        owned.defer(() => reader[Symbol.dispose]());
      };
      await Promise.all(Array.from({ length: OPENED_AT_ONCE }, open));
    }
    for (let number = 1; number <= SINGLE_MESSAGES; number++) {
      postedAt = performance.now();
      await poster.post(`/channel/${channel}/message`, messageOf(`s${number}`));
      await until(() => received >= number * LISTENERS, RECEIVED_MS_MAX);
    }
    const startedAt = performance.now();
    const messages = Array.from({ length: BURST_MESSAGES }, (_, index) => messageOf(`f${index}`));
    await poster.post(`/channel/${channel}/messages`, `[${messages.join(",")}]`);
    const expected = (SINGLE_MESSAGES + BURST_MESSAGES) * LISTENERS;
    await until(() => received >= expected, RECEIVED_MS_MAX);
    const seconds = (performance.now() - startedAt) / 1_000;
    return {
      "single: p50 ms": quantile(delays, 0.5),
      "single: p99 ms": quantile(delays, 0.99),
      [`burst of ${BURST_MESSAGES}: lines/s`]: (BURST_MESSAGES * LISTENERS) / seconds,
    };
  },
};
