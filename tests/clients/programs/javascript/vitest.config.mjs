export default { test: { include: ["*.vitest.mjs"], reporters: ["json"], outputFile: "vitest.json" } };
