// Which part may import which (`pnpm check`). The picture stands in ARCHITECTURE.md.
"use strict";
const options = require("./.dependency-cruiser.options.cjs");

const tests = ["\\.test\\.ts$", "/__tests__/"];
const src = (...names) => names.map((name) => `^packages/${name}/src/`);

/** A rule that the code of `name`, tests aside, may import nothing but `allowed`. */
const only = (name, allowed, pathNot = []) => ({
  name: `${name}-imports-only-its-own`,
  severity: "error",
  from: { path: src(name), pathNot: [...tests, ...pathNot] },
  to: { pathNot: allowed },
});

const never = (name, from, to) => ({ name, severity: "error", from, to });

const nodeTransport = "^packages/client/src/.*nodeTransport\\.ts$";

module.exports = {
  options,
  forbidden: [
    only("protocol", src("protocol")),
    only("core", src("core", "protocol")),
    only("client", src("client", "protocol"), [nodeTransport]),
    never(
      "node-transport-imports-only-ws",
      { path: nodeTransport },
      { pathNot: [...src("client", "protocol"), "node_modules/(@types/)?ws/"] },
    ),
    never(
      "server-imports-nothing-above-it",
      { path: src("server"), pathNot: tests },
      { path: ["^packages/(cli|testkit)/", "^(bench|apps)/", "node_modules/@dred/testkit"] },
    ),
    never(
      "replica-imports-no-adapter",
      { path: "^packages/server/src/replica/", pathNot: tests },
      {
        path: [
          "^packages/server/src/(http|socket|store|discovery|config)/",
          "node_modules/(fastify|@fastify/[^/]+|redis|ws|pino)/",
        ],
      },
    ),
    never(
      "nobody-imports-past-an-index",
      { path: "^(packages/[^/]+|apps/[^/]+|bench)/" },
      { path: "^packages/[^/]+/", pathNot: ["^$1/", "^packages/[^/]+/src/index\\.ts$"] },
    ),
    never(
      "only-tests-import-tests",
      { path: "^(packages|apps|bench)/", pathNot: tests },
      { path: tests },
    ),
    never("no-cycles", {}, { circular: true }),
    // The start-up file of the command line imports what the build makes.
    never("every-import-is-found", { pathNot: "^packages/cli/bin/" }, { couldNotResolve: true }),
  ],
};
