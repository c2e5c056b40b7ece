import { defineConfig } from "vitest/config";

/** One browser and one file at a time: the local stack is one machine. A test that fails once has failed. */
export default defineConfig({
  test: {
    environment: "node",
    include: ["browser/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    retry: 0,
  },
});
