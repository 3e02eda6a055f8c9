import { Socket } from 'node:net'

/** Unit tests talk to nobody but this machine: a connection elsewhere is a bug in the test. */
// oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
const connect = Socket.prototype.connect

type ConnectTarget = { host?: string; path?: string }

Socket.prototype.connect = function guarded(this: Socket, ...args: unknown[]): Socket {
  const first = Array.isArray(args[0]) ? (args[0] as unknown[])[0] : args[0]
  const target = (typeof first === 'object' && first !== null ? first : {}) as ConnectTarget
  const host = typeof args[1] === 'string' ? args[1] : (target.host ?? 'localhost')
  if (target.path === undefined && !/^(localhost|127\.|::1$|\[::1\])/.test(host)) {
    throw new Error(`unit tests may only connect to loopback, not ${host}`)
  }
  return Reflect.apply(connect, this, args) as Socket
}
