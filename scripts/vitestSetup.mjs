// Vitest's global set-up: passes REDIS_URL on to the tests, which read it with `inject("redisUrl")`.
// It starts nothing: scripts/test.mjs does that.

/** @param {import("vitest/node").TestProject} project */
export default function setup(project) {
  project.provide("redisUrl", process.env.REDIS_URL);
}
