import type { Choices, DebugPlan, Refusal, RuntimeDebugger, Subject } from '../contract.ts'
import { plainWords, programName, type Word } from '../words.ts'
import { parsePort } from './port.ts'

const wantedPort = 5678

const variables = [
  'PYTHON_VERSION',
  'PYTHONVERBOSE',
  'PYTHONINSPECT',
  'PYTHONOPTIMIZE',
  'PYTHONUSERSITE',
  'PYTHONUNBUFFERED',
  'PYTHONPATH',
  'PYTHONUSERBASE',
  'PYTHONWARNINGS',
  'PYTHONHOME',
  'PYTHONCASEOK',
  'PYTHONIOENCODING',
  'PYTHONHASHSEED',
  'PYTHONDONTWRITEBYTECODE',
]

/** Python programs, started by the helper's launcher, which brings debugpy or pydevd. */
export const python: RuntimeDebugger = {
  name: 'python',
  detects: ({ env, program }) => variables.some((name) => env.has(name)) || isPython(program),
  plan: (subject, choices) => knownDebugger(subject) ?? insertLauncher(subject, choices),
}

function isPython(program: readonly Word[]): boolean {
  return /^python[23]?(?:\.\d+)?$/.test(programName(program))
}

function insertLauncher({ program, isScript }: Subject, choices: Choices): DebugPlan | Refusal {
  if (isScript) return { reason: 'its command line is a shell script, in which the Python program is not known' }
  if (program.length === 0) return { reason: 'it does not appear to invoke python' }
  const asked = choices.protocols.find((protocol) => protocol === 'pydevd' || protocol === 'dap')
  const isPydevd = asked === 'pydevd'
  const port = choices.freePort(wantedPort)
  const launcher = ['/dbg/python/launcher', '--mode', isPydevd ? 'pydevd' : 'debugpy', '--port', String(port), '--']
  return {
    program: [...plainWords(launcher), ...program],
    port: { protocol: isPydevd ? 'pydevd' : 'dap', number: port },
    needsFiles: true,
  }
}

/** A debugger that the image or the manifest starts: `-m debugpy --listen PORT`, `-m ptvsd --port PORT`. */
function knownDebugger({ program, rest }: Subject): DebugPlan | undefined {
  const values = [...program, ...rest].map(({ value }) => value)
  const after = (option: string): string => values[values.indexOf(option) + 1] ?? ''
  const plan = (number: number): DebugPlan => ({ port: { protocol: 'dap', number }, needsFiles: false })
  if (runsModule(values, 'ptvsd')) {
    return plan((values.includes('--port') ? parsePort(after('--port')) : undefined) ?? wantedPort)
  }
  if (!runsModule(values, 'debugpy') || !values.includes('--listen')) return undefined
  const port = parsePort(after('--listen'))
  return port === undefined ? undefined : plan(port)
}

function runsModule(values: readonly string[], module: string): boolean {
  return values.some((value, at) => value === `-m${module}` || (value === '-m' && values[at + 1] === module))
}
