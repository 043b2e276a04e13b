// Builds the interface into dist/, which the server carries inside its binary. No inline scripts,
// no address of the outside world: everything is served from one origin.
import vue from '@vitejs/plugin-vue'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { serviceWorker } from './scripts/sw.ts'

/** The server that answers /api while developing (`npm run dev`). */
const server = process.env.ZHIZHEN ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [vue(), serviceWorker()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  optimizeDeps: { exclude: ['maplibre-gl'] },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // Inlined data: addresses would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
  },
  server: { proxy: { '/api': server, '/health': server } },
  test: { environment: 'happy-dom', include: ['src/**/*.test.ts'] },
})
