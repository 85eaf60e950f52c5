/** How the console is built: into the relay's static folder, with a nonce placeholder the relay fills in per answer. */
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const outDir = resolve(import.meta.dirname, '../relay/static');
const relay = process.env.FAIRLEAD_DEV_RELAY ?? 'http://127.0.0.1:8080';

/** Clears only what an earlier build of the console left: the agent's zipapp lives in the same folder. */
function clearEarlierBuild(): Plugin {
  return {
    name: 'fairlead-clear-earlier-build',
    apply: 'build',
    async buildStart() {
      await Promise.all(['assets', '.vite', 'index.html'].map((name) => rm(resolve(outDir, name), { recursive: true, force: true })));
    },
  };
}

export default defineConfig({
  plugins: [react(), clearEarlierBuild()],
  resolve: { alias: { '@': resolve(import.meta.dirname, 'src') } },
  // The relay replaces this with a fresh nonce in every index.html it sends.
  html: { cspNonce: '__CSP_NONCE__' },
  server: {
    host: '127.0.0.1',
    port: 5173,
    proxy: { '/api': { target: relay, ws: true }, '/install.sh': relay, '/agent.pyz': relay },
  },
  build: {
    outDir,
    emptyOutDir: false,
    // A data: URI in a style or script would need a wider policy.
    assetsInlineLimit: 0,
    license: true,
    chunkSizeWarningLimit: 900,
  },
  test: { environment: 'node', include: ['src/**/*.test.ts'] },
} as Parameters<typeof defineConfig>[0]);
