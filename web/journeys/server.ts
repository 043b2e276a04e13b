// Starts the real server with its synthetic city for the journeys, on ports of its own, in a directory
// that is removed afterwards. Nobody in the city acts by itself: the journeys do.
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** How long a start may take, ms. */
const patience = 60_000

export default async function begin(): Promise<(() => Promise<void>) | undefined> {
  // Somebody runs a server already and wants the journeys driven against it.
  if (process.env.ZHIZHEN_URL) return undefined
  const program = process.env.ZHIZHEN ?? '../target/debug/zhizhen'
  if (!existsSync(program)) throw new Error(`no server at ${program}: build it, or set ZHIZHEN to one`)
  const data = mkdtempSync(join(tmpdir(), 'zhizhen-journeys-'))
  const args = ['demo', '--data', data, '--http', '127.0.0.1:0', '--sl651', '127.0.0.1:0', '--storm', '2019-06-21', '--speed', '600']
  const server = spawn(program, [...args, '--no-people', '--no-dispatcher'], { stdio: ['ignore', 'pipe', 'pipe'] })
  process.env.ZHIZHEN_URL = await listening(server)
  return async () => {
    const ended = new Promise((done) => server.once('exit', done))
    server.kill('SIGTERM')
    await ended
    rmSync(data, { recursive: true, force: true })
  }
}

/** The address it says it listens on. */
function listening(server: ChildProcess): Promise<string> {
  let said = ''
  return new Promise((done, failed) => {
    const late = setTimeout(() => failed(new Error(`the server did not listen within ${patience / 1000} s:\n${said}`)), patience)
    const hear = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-20_000)
      const found = /listening (http:\/\/[^\s]+)/.exec(said)
      if (!found?.[1]) return
      clearTimeout(late)
      done(found[1])
    }
    server.stdout?.on('data', hear)
    server.stderr?.on('data', hear)
    server.once('exit', (code) => {
      clearTimeout(late)
      failed(new Error(`the server ended with ${code}:\n${said}`))
    })
  })
}
