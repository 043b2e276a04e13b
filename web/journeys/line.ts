// A line between the browser and the server that can be cut, as a digger does it: every connection
// dies at once, and new ones find nobody.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Line {
  url: string
  cut(): void
  mend(): void
  end(): Promise<void>
}

export async function lineTo(server: string): Promise<Line> {
  const { hostname, port } = new URL(server)
  const sockets = new Set<Socket>()
  let whole = true
  const near = createServer((socket) => {
    if (!whole) return void socket.destroy()
    const far = connect(Number(port), hostname)
    for (const end of [socket, far]) {
      sockets.add(end)
      end.once('close', () => {
        sockets.delete(end)
        socket.destroy()
        far.destroy()
      })
      end.on('error', () => end.destroy())
    }
    socket.pipe(far).pipe(socket)
  })
  await new Promise<void>((done) => near.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(near.address() as AddressInfo).port}`,
    cut() {
      whole = false
      for (const socket of sockets) socket.destroy()
    },
    mend() {
      whole = true
    },
    end: () => new Promise((done) => near.close(() => done())),
  }
}
