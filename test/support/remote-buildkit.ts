import { spawn } from 'node:child_process'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findTool } from './tools.ts'

/** A builder of buildx whose machines are reached over sockets, as a `buildkitd` elsewhere is. */
export interface RemoteBuilder {
  readonly name: string
  /** With a configuration of docker's own. */
  readonly env: Readonly<Record<string, string>>
  close(): Promise<void>
}

/** Makes a builder with a node for each platform; behind all of them is the BuildKit of the tests' Docker engine. */
export async function aRemoteBuilder(platforms: readonly string[]): Promise<RemoteBuilder> {
  const folder = await mkdtemp(join(tmpdir(), 'buildkit-'))
  const env = { ...(process.env as Record<string, string>), DOCKER_CONFIG: folder }
  await copyFile(join(process.env['DOCKER_CONFIG'] ?? '', 'config.json'), join(folder, 'config.json'))
  const servers: Server[] = []
  for (const [index, platform] of platforms.entries()) {
    const socket = join(folder, `${index}.sock`)
    servers.push(await serve(socket, env))
    const node = ['--node', `node-${index}`, '--platform', platform, `unix://${socket}`]
    const more = index === 0 ? [] : ['--append']
    await docker(['buildx', 'create', '--name', 'far', '--driver', 'remote', ...more, ...node], env)
  }
  return {
    name: 'far',
    env: { DOCKER_CONFIG: folder },
    async close() {
      for (const server of servers) server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Every connection is one to the engine's BuildKit. */
async function serve(socket: string, env: Readonly<Record<string, string>>): Promise<Server> {
  const server = createServer((connection) => {
    const child = spawn(findTool('docker') ?? 'docker', ['buildx', 'dial-stdio', '--builder', 'default'], {
      env: { ...env, DOCKER_CONFIG: process.env['DOCKER_CONFIG'] ?? '' },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    child.stdin.on('error', () => connection.destroy())
    connection.on('error', () => child.kill()).on('close', () => child.kill())
    child.on('exit', () => connection.destroy())
    connection.pipe(child.stdin)
    child.stdout.pipe(connection)
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socket, resolve))
  return server
}

async function docker(args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const child = spawn(findTool('docker') ?? 'docker', args, { env, stdio: 'ignore' })
  const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  if (status !== 0) throw new Error(`docker ${args.join(' ')} ended with ${String(status)}`)
}
