import { defineConfig } from "vite";

// Names carry a hash of the content, so that browsers may keep them for ever. Nothing is inlined: the page's
// Content-Security-Policy lets scripts and styles come from our own files alone.
export default defineConfig({
  base: "/inbox/",
  build: {
    outDir: "../src/parley/api/inbox",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
});
