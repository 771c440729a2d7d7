// Builds the page into dist: plain files for any static server, at any path.
import { defineConfig } from 'vite'
import { readCityFile } from './src/city-file.ts'

export default defineConfig({
  base: './',
  logLevel: 'warn',
  // Of a part of hdr-histogram-js that is not used here.
  build: { target: 'es2024', rolldownOptions: { checks: { eval: false } } },
  worker: { format: 'es', rolldownOptions: { checks: { eval: false } } },
  plugins: [
    {
      name: 'cities',
      async generateBundle() {
        this.emitFile({ type: 'asset', fileName: 'cities.tsv', source: await readCityFile() })
      },
    },
  ],
})
