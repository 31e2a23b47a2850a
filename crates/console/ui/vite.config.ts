import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = process.env['TANDEM'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/console/',
  plugins: [react()],
  // What stands in dist beside the pages (its .gitignore) stays; `npm run build` empties the rest.
  build: { outDir: 'dist', emptyOutDir: false, target: 'es2022', assetsInlineLimit: 0, reportCompressedSize: false },
  // Found at the start, not page by page: a dependency found late reloads every page.
  optimizeDeps: { include: ['jssip'], entries: ['src/**/*.tsx'] },
  server: {
    proxy: {
      '/v1': { target: server, ws: true },
      '/oauth': server,
      '/sip': { target: server, ws: true },
      '/console/start.json': server,
      '/docs': server,
    },
  },
});
