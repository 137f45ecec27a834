// The tests of all packages. Packages are resolved from their sources (the export condition
// `dred-source`), so no build is needed, except by tests that start the built `bin/dred`.
import { defineConfig } from "vitest/config";

const conditions = ["dred-source"];
const tests = ["packages/*/src/**/*.test.ts", "bench/src/**/*.test.ts"];
const fixedPortTests = "packages/server/src/__tests__/**/*.test.ts";

export default defineConfig({
  resolve: { conditions: [...conditions, "module", "node", "development|production"] },
  ssr: {
    resolve: { conditions: [...conditions, "module", "node", "development|production"] },
  },
  test: {
    globalSetup: ["scripts/vitestSetup.mjs"],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    projects: [
      {
        extends: true,
        test: { name: "parallel", include: tests, exclude: [fixedPortTests] },
      },
      {
        // These use the ports 53032 to 53034 and the databases 1 to 3: one file after another.
        extends: true,
        test: {
          name: "in-turn",
          include: [fixedPortTests],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
