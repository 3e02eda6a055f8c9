import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { execPath, platform } from 'node:process'

/** What helm is told so that it gives what it has rendered to this process and takes what comes back. */
export interface PostRenderer {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** What the change threw, which helm only knows as a failure. */
  readonly failure: () => unknown
  close(): Promise<void>
}

/** How a post-renderer is made. */
export interface PostRendererOptions {
  /** Of helm: 3 takes a program, 4 a plugin. */
  readonly majorVersion: number
  /** Folders of the user's plugins, which must still be found. */
  readonly pluginFolders: string
  /** Makes of the rendered manifests those that are installed. */
  readonly change: (manifests: string) => Promise<string>
}

/**
 * Starts a post-renderer in a private folder: a little program that passes manifests to this process, so that images are
 * looked up once and what fails here is told as it is.
 */
export async function startPostRenderer(options: PostRendererOptions): Promise<PostRenderer> {
  const folder = await mkdtemp(join(tmpdir(), 'catamaran-helm-'))
  const address = platform === 'win32' ? `\\\\.\\pipe\\catamaran-${randomUUID()}` : join(folder, 'socket')
  const script = join(folder, 'post-render.cjs')
  await writeFile(script, program)
  let failure: unknown
  const server = await listen(address, async (manifests) => {
    try {
      return `+${await options.change(manifests)}`
    } catch (error) {
      failure = error
      return `-${error instanceof Error ? error.message : String(error)}\n`
    }
  })
  return {
    ...(options.majorVersion < 4
      ? { args: programArguments(script, address), env: {} }
      : await pluginArguments(folder, { script, address, pluginFolders: options.pluginFolders })),
    failure: () => failure,
    async close() {
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** Sends standard input, prints the answer behind its first sign, and fails when that is a minus. */
const program = `const socket = require('node:net').connect({ path: process.argv[2], allowHalfOpen: true })
const chunks = []
socket.on('error', (error) => { console.error(error.message); process.exitCode = 1 })
socket.on('data', (chunk) => chunks.push(chunk))
socket.on('end', () => {
  const answer = Buffer.concat(chunks)
  if (answer[0] === 43) process.stdout.write(answer.subarray(1))
  else { process.stderr.write(answer.subarray(1)); process.exitCode = 1 }
})
process.stdin.pipe(socket)
`

function listen(address: string, answer: (request: string) => Promise<string>): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    // helm that was ended hears nothing any more
    socket.on('error', () => socket.destroy())
    // reading it as an iterable would close the other direction, too
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('end', () => void answer(Buffer.concat(chunks).toString('utf8')).then((text) => socket.end(text)))
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(address, () => resolve(server))
  })
}

function programArguments(script: string, address: string): readonly string[] {
  const args = [script, address].flatMap((arg) => ['--post-renderer-args', arg])
  return ['--post-renderer', execPath, ...args]
}

const pluginName = 'catamaran-post-renderer'

/** @see https://helm.sh/docs/topics/plugins/ */
async function pluginArguments(
  folder: string,
  { script, address, pluginFolders }: Readonly<Record<'script' | 'address' | 'pluginFolders', string>>,
): Promise<Pick<PostRenderer, 'args' | 'env'>> {
  const plugins = join(folder, 'plugins')
  await mkdir(join(plugins, pluginName), { recursive: true })
  const plugin = {
    apiVersion: 'v1',
    type: 'postrenderer/v1',
    name: pluginName,
    version: '1.0.0',
    runtime: 'subprocess',
    runtimeConfig: { platformCommand: [{ command: execPath, args: [script, address] }] },
  }
  await writeFile(join(plugins, pluginName, 'plugin.yaml'), JSON.stringify(plugin))
  return {
    args: ['--post-renderer', pluginName],
    env: { HELM_PLUGINS: [plugins, pluginFolders].filter((path) => path !== '').join(delimiter) },
  }
}
