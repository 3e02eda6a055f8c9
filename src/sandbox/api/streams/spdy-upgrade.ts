import { PlainRefusal, type UpgradeRequest } from './contract.ts'

/** Answers with 101, or throws a 403 when none of the protocols is offered. */
export function upgradeToSpdy({ req, socket, head }: UpgradeRequest, supported: readonly string[]): void {
  const header = req.headers['x-stream-protocol-version']
  const offered = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',').map((name) => name.trim())
  const chosen = supported.find((name) => offered.includes(name))
  if (chosen === undefined) {
    const text = `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${supported.join(' ')}]\n`
    throw new PlainRefusal(403, text, { 'X-Accepted-Stream-Protocol-Versions': supported.join(',') })
  }
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${chosen}\r\n\r\n`,
  )
  if (head.length > 0) socket.unshift(head)
}
