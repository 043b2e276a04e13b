// Builds /sw.js: the service worker with the list of files the phone page needs without network.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { transformWithOxc, type Plugin, type Rolldown } from 'vite'

const source = new URL('../src/sw/sw.ts', import.meta.url).pathname
/** Pages that must open without network: the phone, and the way in. */
const pages = /\/src\/(phone\/PhonePage|pages\/sign-in\/SignIn)\.vue/
/** Files beside the built ones. */
const still = ['/phone', '/manifest.webmanifest', '/icon-192.png', '/favicon.svg']

/** The build step that writes /sw.js. */
export function serviceWorker(): Plugin {
  return {
    name: 'zhizhen-service-worker',
    apply: 'build',
    async generateBundle(_, bundle) {
      const files = [...neededBy(bundle)].sort().map((name) => `/${name}`)
      const shell = [...still, ...files]
      const version = createHash('sha256').update(shell.join()).digest('hex').slice(0, 12)
      const { code } = await transformWithOxc(readFileSync(source, 'utf8'), source, { lang: 'ts' })
      const head = `const SHELL = ${JSON.stringify(shell)};\nconst VERSION = ${JSON.stringify(version)};\n`
      // A classic script: no imports, and the marker that made it a module is gone.
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: head + code.replace(/^export\s*\{\s*\};?$/m, '') })
    },
  }
}

/** The entry, the pages above, and everything they import, with their styles. */
function neededBy(bundle: Rolldown.OutputBundle): Set<string> {
  const needed = new Set<string>()
  const visit = (name: string) => {
    const chunk = bundle[name]
    if (!chunk || needed.has(name)) return
    needed.add(name)
    if (chunk.type !== 'chunk') return
    for (const next of chunk.imports) visit(next)
    for (const style of chunk.viteMetadata?.importedCss ?? []) visit(style)
  }
  for (const [name, chunk] of Object.entries(bundle)) {
    if (chunk.type === 'chunk' && (chunk.isEntry || pages.test(chunk.facadeModuleId ?? ''))) visit(name)
  }
  return needed
}
