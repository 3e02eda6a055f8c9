// @ts-check
// Stands in front of a registry and counts what passes: requests, connections, bytes of bodies. Can be slow on purpose.
import { createServer, request } from 'node:http'

/**
 * @typedef {{requests: number, connections: number, bytesUp: number, bytesDown: number, errors: number}} Counts
 * @typedef {{host: string, reset(): void, counts(): Counts, close(): Promise<void>}} CountingProxy
 */

/**
 * Each request waits `delayMs` before it goes on, and so does the first one of a connection once more: the round trip
 * that opens it.
 * @param {string} target @param {number} delayMs @returns {Promise<CountingProxy>}
 */
export async function startProxy(target, delayMs) {
  /** @type {Counts} */
  let counts = empty()
  const fresh = new WeakSet()
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, (req, res) => {
    counts.requests += 1
    const isFirst = fresh.has(req.socket)
    fresh.delete(req.socket)
    req.on('data', (/** @type {Buffer} */ chunk) => (counts.bytesUp += chunk.length))
    req.pause()
    setTimeout(() => forward(req, res), delayMs * (isFirst ? 2 : 1))
  })
  server.on('connection', (socket) => {
    counts.connections += 1
    fresh.add(socket)
  })
  /** @param {import('node:http').IncomingMessage} req @param {import('node:http').ServerResponse} res */
  function forward(req, res) {
    // what the registry answers as its own address stays the proxy's: the Host header is passed on
    const outgoing = request(`http://${target}${req.url ?? ''}`, { method: req.method, headers: req.headers })
    outgoing.on('response', (answer) => {
      if ((answer.statusCode ?? 0) >= 500) counts.errors += 1
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.on('data', (/** @type {Buffer} */ chunk) => (counts.bytesDown += chunk.length))
      answer.pipe(res)
    })
    outgoing.on('error', () => res.destroy())
    req.pipe(outgoing)
  }
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)))
  const address = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    host: `127.0.0.1:${address.port}`,
    reset() {
      counts = empty()
    },
    counts: () => ({ ...counts }),
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

function empty() {
  return { requests: 0, connections: 0, bytesUp: 0, bytesDown: 0, errors: 0 }
}
