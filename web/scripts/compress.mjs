// Writes a .br and a .gz beside every text file of dist/, so that the server never compresses on the
// fly, and prints the weight of the whole in brotli.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const root = new URL('../dist/', import.meta.url).pathname
const text = /\.(js|mjs|css|html|svg|json|webmanifest|txt)$/
/** What the bundle may weigh, brotli, bytes (the console must paint within two seconds). */
const limit = 1.2 * 1024 * 1024

let total = 0
for (const name of readdirSync(root, { recursive: true })) {
  const path = join(root, name)
  if (!statSync(path).isFile() || /\.(br|gz)$/.test(name)) continue
  const bytes = readFileSync(path)
  if (!text.test(name)) {
    total += bytes.length
    continue
  }
  const br = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  })
  writeFileSync(`${path}.br`, br)
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
  total += br.length
}
console.log(`dist: ${(total / 1024).toFixed(0)} kB brotli (limit ${limit / 1024} kB)`)
if (total > limit) {
  console.error('the bundle is too heavy; compare the sizes vite printed above')
  process.exit(1)
}
