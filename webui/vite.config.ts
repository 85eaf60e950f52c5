/** How the console is built: into the relay's static folder, with a nonce placeholder the relay fills in per answer. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
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

const COMPRESSIBLE = new Set(['.js', '.css', '.svg']);
/** What is smaller fits one packet either way. */
const COMPRESS_FROM_BYTES = 1024;
/** The best, 11, takes five seconds of everybody's first start for 5 % fewer bytes. */
const BROTLI_QUALITY = 9;

/** Writes `.br` and `.gz` beside every asset that shrinks, for the relay to send: once here, not at each request. */
function precompress(): Plugin {
  return {
    name: 'fairlead-precompress',
    apply: 'build',
    async closeBundle() {
      const assets = resolve(outDir, 'assets');
      const names = (await readdir(assets)).filter((name) => COMPRESSIBLE.has(extname(name)));
      await Promise.all(names.map((name) => compress(resolve(assets, name))));
    },
  };
}

async function compress(path: string): Promise<void> {
  const content = await readFile(path);
  if (content.length < COMPRESS_FROM_BYTES) return;
  const hint = { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length, [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } };
  await writeFile(`${path}.br`, await promisify(brotliCompress)(content, hint));
  await writeFile(`${path}.gz`, await promisify(gzip)(content, { level: 9 }));
}

export default defineConfig({
  plugins: [react(), clearEarlierBuild(), precompress()],
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
