import { createServer as createHttpServer, request } from 'node:http'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** A proxy on loopback that counts what it was asked for. */
export interface TestProxy {
  readonly url: string
  /** `HOST:PORT` of every connection that was made through it. */
  readonly targets: readonly string[]
  close(): Promise<void>
}

/** A proxy for `CONNECT` and for plain requests. */
export async function startHttpProxy(): Promise<TestProxy> {
  const targets: string[] = []
  const server = createHttpServer((incoming, outgoing) => {
    const { host, hostname, port, pathname, search } = new URL(incoming.url ?? '')
    targets.push(host)
    const { method, headers } = incoming
    const passed = request({ hostname, port, path: `${pathname}${search}`, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    passed.on('error', () => outgoing.destroy())
    incoming.pipe(passed)
  })
  server.on('connect', ({ url = '' }, client: Socket, head: Buffer) => {
    targets.push(url)
    const { hostname, port } = new URL(`http://${url}`)
    join(client, { host: hostname, port: Number(port) }, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      return head
    })
  })
  return listening(server, 'http', targets)
}

/** A SOCKS5 proxy; with a password it wants that of the user `user`. */
export async function startSocksProxy(password?: string): Promise<TestProxy> {
  const targets: string[] = []
  const server = createServer((client) => {
    const bytes = readerOf(client)
    void (async () => {
      const [, count = 0] = await bytes(2)
      await bytes(count)
      client.write(Buffer.from([5, password === undefined ? 0 : 2]))
      if (password !== undefined) {
        const user = (await bytes((await bytes(2))[1] ?? 0)).toString()
        const given = (await bytes((await bytes(1))[0] ?? 0)).toString()
        const isRight = user === 'user' && given === password
        client.write(Buffer.from([1, isRight ? 0 : 1]))
        if (!isRight) {
          client.end()
          return
        }
      }
      const [, , , kind] = await bytes(4)
      const host = kind === 1 ? [...(await bytes(4))].join('.') : (await bytes((await bytes(1))[0] ?? 0)).toString()
      const port = (await bytes(2)).readUInt16BE()
      targets.push(`${host}:${port}`)
      join(client, { host, port }, () => {
        client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
        return Buffer.alloc(0)
      })
    })()
  })
  return listening(server, 'socks5', targets)
}

function join(client: Socket, target: { host: string; port: number }, begin: () => Buffer): void {
  const upstream = connect(target, () => {
    upstream.write(begin())
    client.removeAllListeners('data')
    client.pipe(upstream)
    upstream.pipe(client)
  })
  client.on('error', () => upstream.destroy())
  upstream.on('error', () => client.destroy())
}

function readerOf(socket: Socket): (length: number) => Promise<Buffer> {
  let kept = Buffer.alloc(0)
  let wake = (): void => {}
  socket.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk])
    wake()
  })
  socket.on('error', () => {})
  return async (length) => {
    while (kept.length < length) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    const bytes = kept.subarray(0, length)
    kept = kept.subarray(length)
    return bytes
  }
}

async function listening(server: Server, scheme: string, targets: string[]): Promise<TestProxy> {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    targets,
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
