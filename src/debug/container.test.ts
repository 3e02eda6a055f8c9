import { describe, expect, test } from 'vitest'
import type { ContainerConfig } from '../image/index.ts'
import type { Mapping } from '../resource/index.ts'
import { debugContainer } from './container.ts'
import type { DebugImage, RuntimeName } from './contract.ts'

interface Case {
  /** Of the image. */
  readonly image: ContainerConfig
  readonly author?: string
  readonly runtime?: RuntimeName
  /** Members of the container beside its name and image. */
  readonly before?: Mapping
  readonly protocols?: readonly string[]
  /** Members afterwards. */
  readonly after: Mapping
}

const delve = [
  '/dbg/go/bin/dlv',
  'exec',
  '--headless',
  '--continue',
  '--accept-multiclient',
  '--listen=:56268',
  '--api-version=2',
]
const delvePort = { ports: [{ name: 'dlv', containerPort: 56_268 }] }
const inspect = '--inspect=0.0.0.0:9229'
const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const nodePath = { name: 'PATH', value: `/dbg/nodejs/bin:${usualPath}` }
const node = { env: [nodePath], ports: [{ name: 'devtools', containerPort: 9229 }] }
const agent = '-agentlib:jdwp=transport=dt_socket,server=y,address=5005,suspend=n,quiet=y'
const jdwpPort = { ports: [{ name: 'jdwp', containerPort: 5005 }] }
const launcher = ['/dbg/python/launcher', '--mode', 'debugpy', '--port', '5678', '--']
const dapPort = { ports: [{ name: 'dap', containerPort: 5678 }] }

describe('go', () => {
  test.each<[string, Case]>([
    [
      'the entrypoint is started by Delve',
      {
        image: { Env: ['GOTRACEBACK=all'], Entrypoint: ['/app'] },
        after: { command: [...delve, '/app'], ...delvePort },
      },
    ],
    [
      "the program's arguments are not Delve's",
      {
        image: { Env: ['GODEBUG='], Entrypoint: ['/app', '-v'] },
        after: { command: [...delve, '/app', '--', '-v'], ...delvePort },
      },
    ],
    [
      "the image's arguments are not lost to the command of the manifest",
      {
        image: { Env: ['GOGC=off'], Entrypoint: ['/app'], Cmd: ['--port=80'] },
        after: { command: [...delve, '/app', '--'], args: ['--port=80'], ...delvePort },
      },
    ],
    [
      'a command in the manifest takes the place of both of the image',
      {
        image: { Env: ['GOMAXPROCS=2'], Entrypoint: ['/app'], Cmd: ['--port=80'] },
        before: { command: ['/other'] },
        after: { command: [...delve, '/other'], ...delvePort },
      },
    ],
    [
      'arguments of the manifest stay as they are',
      {
        image: { Env: ['KO_DATA_PATH=/var/run/ko'], Entrypoint: ['/app'], Cmd: ['x'] },
        before: { args: ['$(WHAT)'] },
        after: { command: [...delve, '/app', '--'], args: ['$(WHAT)'], ...delvePort },
      },
    ],
    [
      'a command line that is only arguments',
      {
        image: { Cmd: ['/ko-app/web', '-v'] },
        author: 'github.com/google/ko',
        after: { args: [...delve, '/ko-app/web', '--', '-v'], ...delvePort },
      },
    ],
    [
      'a shell that starts the program',
      {
        image: { Env: ['GOTRACEBACK=all'], Cmd: ['/bin/sh', '-c', "exec /app --name='a b' $HOME"] },
        after: { args: ['/bin/sh', '-c', `exec ${delve.join(' ')} /app -- --name='a b' $HOME`], ...delvePort },
      },
    ],
    [
      'Delve is already there',
      {
        image: { Entrypoint: ['dlv', 'exec', '--listen=0.0.0.0:4000', '/app', '--', '--listen=:1'] },
        after: { ports: [{ name: 'dlv', containerPort: 4000 }] },
      },
    ],
    [
      'the runtime that the user names, whatever the image looks like',
      {
        image: { Env: ['NODE_VERSION=22'], Entrypoint: ['/app'] },
        runtime: 'go',
        after: { command: [...delve, '/app'], ...delvePort },
      },
    ],
  ])('%s', (_, one) => expectChange(one, 'go'))

  test.each<[string, ContainerConfig, string]>([
    ['nothing to start', { Env: ['GOGC=1'] }, 'it has no command-line'],
    [
      'a script of several commands',
      { Env: ['GOGC=1'], Cmd: ['/bin/sh', '-c', 'cd /app && ./web'] },
      'its command line is a shell script, in which the Go program is not known',
    ],
    ['Delve without a port', { Entrypoint: ['dlv', 'exec', '/app'] }, 'its dlv has no --listen with a port'],
  ])('not %s', (_, image, reason) => expect(change({ image, after: {} })).toEqual({ reason }))
})

describe('nodejs', () => {
  test.each<[string, Case]>([
    [
      "behind the official image's entrypoint",
      {
        image: {
          Env: [`PATH=/usr/bin`, 'NODE_VERSION=22'],
          Entrypoint: ['docker-entrypoint.sh'],
          Cmd: ['node', 'a.js'],
        },
        after: { ...node, args: ['node', inspect, 'a.js'], env: [{ name: 'PATH', value: '/dbg/nodejs/bin:/usr/bin' }] },
      },
    ],
    [
      'as entrypoint, with a script from the image',
      {
        image: { Entrypoint: ['/usr/bin/node'], Cmd: ['a.js'] },
        after: { ...node, command: ['/usr/bin/node', inspect], args: ['a.js'] },
      },
    ],
    [
      'behind tini',
      {
        image: { Entrypoint: ['/sbin/tini', '--'], Cmd: ['node', 'a.js'] },
        after: { ...node, args: ['node', inspect, 'a.js'] },
      },
    ],
    [
      'npm, before the arguments of its script',
      {
        image: { Entrypoint: ['npm', 'run', 'dev', '--', '-x'] },
        after: { ...node, command: ['npm', 'run', 'dev', `--node-options=${inspect}`, '--', '-x'] },
      },
    ],
    [
      'another program, through NODE_OPTIONS',
      {
        image: { Env: ['NODE_ENV=production', 'NODE_OPTIONS=--title=$(X)'], Cmd: ['yarn', 'start'] },
        after: { ...node, env: [{ name: 'NODE_OPTIONS', value: `--title=$$(X) ${inspect}` }, nodePath] },
      },
    ],
    [
      'an inspector that is asked for already, in NODE_OPTIONS of the manifest',
      {
        image: { Cmd: ['node', 'a.js'] },
        before: { env: [{ name: 'NODE_OPTIONS', value: '--title=a --inspect-brk=9999' }] },
        after: {
          env: [{ name: 'NODE_OPTIONS', value: '--title=a --inspect-brk=9999' }, nodePath],
          ports: [{ name: 'devtools', containerPort: 9999 }],
        },
      },
    ],
    ['an inspector on its usual port', { image: { Cmd: ['node', '--inspect', 'a.js'] }, after: { ...node } }],
    [
      'variables, ports and order of the manifest are kept',
      {
        image: { Cmd: ['node', 'a.js'] },
        before: {
          env: [
            { name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
            { name: 'PATH', value: '/mine' },
            { name: 'B', value: 'b' },
          ],
          ports: [{ name: 'http', containerPort: 8080 }],
        },
        after: {
          args: ['node', inspect, 'a.js'],
          env: [
            { name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
            { name: 'PATH', value: '/dbg/nodejs/bin:/mine' },
            { name: 'B', value: 'b' },
          ],
          ports: [
            { name: 'http', containerPort: 8080 },
            { name: 'devtools', containerPort: 9229 },
          ],
        },
      },
    ],
  ])('%s', (_, one) => expectChange(one, 'nodejs'))

  test('not when a variable comes from somewhere else', () => {
    const before = { env: [{ name: 'PATH', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } }] }
    expect(change({ image: { Cmd: ['node', 'a.js'] }, before, after: {} })).toEqual({
      reason: 'its PATH is set from somewhere else',
    })
  })
})

describe('jvm', () => {
  test.each<[string, Case]>([
    [
      'the machine is told by a variable, and nothing else changes',
      {
        image: { Env: ['JAVA_VERSION=21'], Cmd: ['sh', '-c', 'cd /app && java -jar a.jar'] },
        after: { env: [{ name: 'JAVA_TOOL_OPTIONS', value: agent }], ...jdwpPort },
      },
    ],
    [
      'options that are there stay',
      {
        image: { Env: ['JAVA_TOOL_OPTIONS=-Xmx1g'], Entrypoint: ['java', '-jar', 'a.jar'] },
        after: { env: [{ name: 'JAVA_TOOL_OPTIONS', value: `-Xmx1g ${agent}` }], ...jdwpPort },
      },
    ],
    [
      'an agent that is there already',
      {
        image: {
          Entrypoint: ['/opt/bin/java', '-agentlib:jdwp=transport=dt_socket,server=y,address=*:8000', '-jar', 'a'],
        },
        after: { ports: [{ name: 'jdwp', containerPort: 8000 }] },
      },
    ],
  ])('%s', (_, one) => expectChange(one, 'jvm'))

  test('not an agent without an address', () => {
    const image = { Entrypoint: ['java', '-Xrunjdwp:transport=dt_socket', '-jar', 'a'] }
    expect(change({ image, after: {} })).toEqual({ reason: 'its JDWP agent has no address with a port' })
  })
})

describe('python', () => {
  test.each<[string, Case]>([
    [
      'the launcher starts the program',
      { image: { Cmd: ['python3', 'a.py'] }, after: { args: [...launcher, 'python3', 'a.py'], ...dapPort } },
    ],
    [
      'a program of another name, in an image of Python',
      {
        image: { Env: ['PYTHON_VERSION=3.13'], Entrypoint: ['gunicorn'], Cmd: ['app:app'] },
        after: { command: [...launcher, 'gunicorn'], args: ['app:app'], ...dapPort },
      },
    ],
    [
      'pydevd for who wants it first',
      {
        image: { Entrypoint: ['python', '-m', 'app'] },
        protocols: ['jdwp', 'pydevd', 'dap'],
        after: {
          command: ['/dbg/python/launcher', '--mode', 'pydevd', '--port', '5678', '--', 'python', '-m', 'app'],
          ports: [{ name: 'pydevd', containerPort: 5678 }],
        },
      },
    ],
    [
      'debugpy is already there',
      {
        image: { Entrypoint: ['python', '-m', 'debugpy', '--listen', '0.0.0.0:4711', 'a.py'] },
        after: { ports: [{ name: 'dap', containerPort: 4711 }] },
      },
    ],
    [
      'ptvsd is already there',
      {
        image: { Entrypoint: ['python', '-mptvsd', '--host', '0.0.0.0', '--port', '4712', 'a.py'] },
        after: { ports: [{ name: 'dap', containerPort: 4712 }] },
      },
    ],
  ])('%s', (_, one) => expectChange(one, 'python'))
})

describe('netcore', () => {
  test.each<[string, Case]>([
    ['its images', { image: { Env: ['ASPNETCORE_URLS=http://+:80'], Entrypoint: ['/app/web'] }, after: {} }],
    ['its program', { image: { Entrypoint: ['/usr/bin/dotnet', 'web.dll'] }, after: {} }],
  ])('nothing but files: %s', (_, one) => expectChange(one, 'netcore'))
})

describe('buildpacks', () => {
  const stack = { 'io.buildpacks.stack.id': 'google' }
  const withProcesses = (...processes: readonly object[]): Readonly<Record<string, string>> => ({
    ...stack,
    'io.buildpacks.build.metadata': JSON.stringify({ processes }),
  })
  test.each<[string, Case]>([
    [
      'a direct process',
      {
        image: {
          Entrypoint: ['/cnb/process/web'],
          Labels: withProcesses({ type: 'web', direct: true, command: 'node', args: ['a.js'] }),
        },
        after: { ...node, command: ['/cnb/lifecycle/launcher'], args: ['--', 'node', inspect, 'a.js'] },
      },
    ],
    [
      'a script process, called by its name',
      {
        image: {
          Entrypoint: ['/cnb/lifecycle/launcher'],
          Cmd: ['worker'],
          Labels: withProcesses(
            { type: 'web', direct: false, command: 'npm start' },
            { type: 'worker', direct: false, command: 'node "a b.js"', args: ['x'] },
          ),
        },
        after: { ...node, args: [`node ${inspect} "a b.js"`, 'x'] },
      },
    ],
    [
      'a shell that is started directly',
      {
        image: {
          Entrypoint: ['/cnb/lifecycle/launcher'],
          Labels: withProcesses({ type: 'web', direct: true, command: '/bin/bash', args: ['-c', 'node a.js', 'x'] }),
        },
        after: { ...node, args: [`node ${inspect} a.js`, 'x'] },
      },
    ],
    [
      'arguments of the manifest in place of those of a newer process',
      {
        image: {
          Entrypoint: ['/cnb/process/web'],
          Labels: withProcesses({ type: 'web', command: ['node'], args: ['a.js'] }),
        },
        before: { args: ['b.js'] },
        after: { ...node, command: ['/cnb/lifecycle/launcher'], args: ['--', 'node', inspect, 'b.js'] },
      },
    ],
    [
      'a command line after --',
      {
        image: { Entrypoint: ['/cnb/lifecycle/launcher'], Labels: withProcesses({ type: 'web', command: 'x' }) },
        before: { args: ['--', 'node', 'a.js'] },
        after: { ...node, args: ['--', 'node', inspect, 'a.js'] },
      },
    ],
  ])('%s', (_, one) => {
    expectChange(one, 'nodejs')
    expect(change(one)).toMatchObject({ config: { workingDir: '/workspace' } })
  })

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ['without metadata', stack, 'image is missing buildpacks metadata; perhaps built with older lifecycle?'],
    ['without processes', withProcesses(), 'buildpacks metadata has no processes'],
    ['without that process', withProcesses({ type: 'api', command: 'x' }), 'buildpacks metadata has no process web'],
  ])('not %s', (_, Labels, reason) => {
    expect(change({ image: { Entrypoint: ['/cnb/process/web'], Labels }, after: {} })).toEqual({ reason })
  })
})

test('an image that shows no runtime', () => {
  expect(change({ image: { Entrypoint: ['/app'] }, after: {} })).toEqual({
    reason: 'unable to determine runtime for "web"',
  })
})

test('what debuggers are told', () => {
  const image = { Cmd: ['node', 'a.js'], WorkingDir: '/app' }
  expect(change({ image, after: {} })).toMatchObject({
    config: { artifact: 'shop', runtime: 'nodejs', workingDir: '/app', ports: { devtools: 9229 } },
  })
  expect(change({ image, before: { workingDir: '/srv' }, after: {} })).toMatchObject({ config: { workingDir: '/srv' } })
})

test('port definitions in the way of the debugger give way, with a note', () => {
  const before = {
    ports: [
      { name: 'devtools', containerPort: 1234, protocol: 'TCP' },
      { name: 'udp', containerPort: 9229, protocol: 'UDP' },
      { containerPort: 9229 },
    ],
  }
  const changed = change({ image: { Cmd: ['node', '--inspect', 'a.js'] }, before, after: {} })
  expect(changed).toMatchObject({
    container: {
      ports: [
        { name: 'devtools', containerPort: 9229, protocol: 'TCP' },
        { name: 'udp', containerPort: 9229, protocol: 'UDP' },
      ],
    },
    notes: [
      "port 1234 (devtools) gives way to the debugger's port 9229 (devtools)",
      "port 9229 gives way to the debugger's port 9229 (devtools)",
    ],
  })
})

function change({ image, author, runtime, before, protocols = [] }: Case): ReturnType<typeof debugContainer> {
  const described: DebugImage = {
    artifact: 'shop',
    config: image,
    ...(author === undefined ? {} : { author }),
    ...(runtime === undefined ? {} : { runtime }),
  }
  return debugContainer({ name: 'web', image: 'shop', ...before }, described, { protocols, freePort: (port) => port })
}

function expectChange(one: Case, runtime: RuntimeName): void {
  const changed = change(one)
  expect(changed).toMatchObject({ config: { runtime } })
  expect('container' in changed ? changed.container : changed).toEqual({
    name: 'web',
    image: 'shop',
    ...one.before,
    ...one.after,
  })
}
