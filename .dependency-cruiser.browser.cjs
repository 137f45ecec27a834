// What a browser loads from the client: followed from its index.ts, with the `browser` condition,
// it reaches nothing but the client and the protocol: no Node module and no other package.
"use strict";
const options = require("./.dependency-cruiser.options.cjs");

module.exports = {
  options: {
    ...options,
    enhancedResolveOptions: {
      ...options.enhancedResolveOptions,
      conditionNames: ["browser", ...options.enhancedResolveOptions.conditionNames],
    },
  },
  forbidden: [
    {
      name: "browser-reaches-only-client-and-protocol",
      severity: "error",
      from: {},
      to: { pathNot: "^packages/(client|protocol)/src/" },
    },
  ],
};
