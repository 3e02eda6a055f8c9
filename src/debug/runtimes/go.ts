import type { Choices, DebugPlan, Refusal, RuntimeDebugger, Subject } from '../contract.ts'
import { plainWords, programName, type Word } from '../words.ts'
import { parsePort } from './port.ts'

const wantedPort = 56_268

/** Variables that only Go programs heed, and one that ko sets. */
const variables = ['GODEBUG', 'GOGC', 'GOMAXPROCS', 'GOTRACEBACK', 'KO_DATA_PATH']

const buildpacks = ['google.go.build', 'paketo-buildpacks/go-dist', 'heroku/go']

/** Go programs, started by Delve. A Go binary shows nothing in its image's config: variables and labels have to tell. */
export const go: RuntimeDebugger = {
  name: 'go',
  detects({ env, author, labels, program }) {
    const metadata = labels['io.buildpacks.build.metadata'] ?? ''
    return (
      variables.some((name) => env.has(name)) ||
      author === 'github.com/google/ko' ||
      buildpacks.some((id) => metadata.includes(id)) ||
      isDelve(program)
    )
  },
  plan: (subject, choices) => (isDelve(subject.program) ? keepDelve(subject) : insertDelve(subject, choices)),
}

function isDelve(program: readonly Word[]): boolean {
  return programName(program) === 'dlv'
}

function keepDelve({ program, rest }: Subject): DebugPlan | Refusal {
  const address = listenAddress([...program, ...rest].map(({ value }) => value))
  const port = parsePort(address ?? '')
  if (port === undefined) return { reason: 'its dlv has no --listen with a port' }
  return { port: { protocol: 'dlv', number: port }, needsFiles: true }
}

function listenAddress(values: readonly string[]): string | undefined {
  const end = values.indexOf('--')
  const own = end === -1 ? values : values.slice(0, end)
  const at = own.findIndex((value) => value === '--listen' || value === '-l')
  return (
    own.find((value) => value.startsWith('--listen='))?.slice('--listen='.length) ??
    (at === -1 ? undefined : own[at + 1])
  )
}

function insertDelve({ program, rest, isScript }: Subject, { freePort }: Choices): DebugPlan | Refusal {
  const [binary, ...args] = program
  if (isScript) return { reason: 'its command line is a shell script, in which the Go program is not known' }
  if (binary === undefined) return { reason: 'it has no command-line' }
  const port = freePort(wantedPort)
  const delve = ['/dbg/go/bin/dlv', 'exec', '--headless', '--continue', '--accept-multiclient']
  const hasArgs = args.length > 0 || rest.length > 0
  return {
    program: [
      ...plainWords([...delve, `--listen=:${port}`, '--api-version=2']),
      binary,
      // what follows is the program's, not Delve's
      ...plainWords(hasArgs ? ['--'] : []),
      ...args,
    ],
    port: { protocol: 'dlv', number: port },
    needsFiles: true,
  }
}
