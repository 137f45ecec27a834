// `pnpm mutate [text …]`: breaks rules on purpose, one at a time, in a copy of the project, and sees
// the named test of each fail. Builds first, and provides a Redis as `pnpm test` does.
import { fileURLToPath } from "node:url";
import { prepare } from "./prepare.mjs";
import { provideRedis } from "./redis.mjs";

prepare();
const root = fileURLToPath(new URL("..", import.meta.url));
const { runMutants } = await import("../packages/testkit/dist/mutation/runMutants.js");
const redis = await provideRedis();
try {
  const wanted = process.argv.slice(2).filter((argument) => argument !== "--");
  process.exitCode = await runMutants({ root, redisUrl: redis.url, wanted });
} finally {
  await redis.stop();
}
