// How imports are resolved for both sets of dependency rules.
"use strict";

module.exports = {
  tsPreCompilationDeps: true,
  doNotFollow: { path: "node_modules" },
  exclude: { path: "^(packages|apps)/[^/]+/dist/|^bench/dist/" },
  enhancedResolveOptions: {
    exportsFields: ["exports"],
    conditionNames: ["dred-source", "import", "node", "default"],
  },
};
