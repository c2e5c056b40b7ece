import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";

// The API of a stack that runs here, for `npm run dev`.
const api = process.env["CURLEW_API_URL"] ?? "http://127.0.0.1:4600";

export default defineConfig({
  plugins: [svelte(), svelteTesting()],
  // Addresses are relative, so that the page works wherever the API is.
  base: "./",
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2022",
    // A `data:` script or style would break the policy that the page is served under.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      "^/(?!(src|node_modules|@|icon|index|console)).*": { target: api, changeOrigin: true },
    },
  },
  test: { environment: "jsdom", include: ["src/**/*.test.ts"], setupFiles: ["src/test/setup.ts"] },
});
