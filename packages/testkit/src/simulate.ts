import { parseArgs } from "node:util";
import { silentLog } from "./silentLog.ts";
import { simulate } from "./simulation/simulate.ts";

/*
 * `pnpm simulate --seeds N --from S`: runs N seeds from S on and stops at the first that
 * breaks a property; `--seed S` replays one and says what happened in it.
 */

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
  },
});

const from = wholeNumber(values.seed === undefined ? "from" : "seed", values.seed ?? values.from);
const seeds = values.seed === undefined ? wholeNumber("seeds", values.seeds) : 1;

let acked = 0;
let delivered = 0;
let convergedMsMax = 0;
for (let seed = from; seed < from + seeds; seed++) {
  try {
    const result = await simulate(seed, silentLog);
    acked += result.acked;
    delivered += result.delivered;
    convergedMsMax = Math.max(convergedMsMax, result.convergedMs);
    if (values.seed !== undefined) console.log(`faults: ${result.faults.join(", ")}`);
  } catch (error) {
    console.error(String(error));
    console.error(`replay it with: pnpm simulate --seed ${seed}`);
    process.exit(1);
  }
}
console.log(
  `${seeds} seeds from ${from}: ${acked} posts acknowledged, ${delivered} messages delivered, ` +
    `converged within ${convergedMsMax} simulated ms; no property broken`,
);

function wholeNumber(name: string, text: string): number {
  if (/^[1-9][0-9]{0,9}$/.test(text)) return Number(text);
  console.error(`--${name} takes a whole number from 1 on, not "${text}"`);
  process.exit(2);
}
