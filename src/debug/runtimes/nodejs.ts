import type { Choices, DebugPlan, Refusal, RuntimeDebugger, Subject } from '../contract.ts'
import { plainWords, programName, type Word } from '../words.ts'
import { parsePort } from './port.ts'

const wantedPort = 9229
const optionsVariable = 'NODE_OPTIONS'

/** What container runtimes set when an image says nothing. */
const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Node programs: Node itself has the debugger. The helper's wrapper around `node` keeps it from being started in helper
 * processes, and is found first through `PATH`.
 */
export const nodejs: RuntimeDebugger = {
  name: 'nodejs',
  detects: ({ env, program }) =>
    ['NODE_VERSION', 'NODEJS_VERSION', 'NODE_ENV'].some((name) => env.has(name)) || isNode(program) || isNpm(program),
  plan(subject, choices) {
    const path = subject.env.get('PATH')
    if (path === 'unknown') return { reason: 'its PATH is set from somewhere else' }
    const plan = inspectorPlan(subject, choices)
    if ('reason' in plan) return plan
    const found = path === undefined || path.text === '' ? usualPath : path.text
    return { ...plan, env: { ...plan.env, PATH: `/dbg/nodejs/bin:${found}` }, needsFiles: true }
  },
}

function isNode(program: readonly Word[]): boolean {
  return ['node', 'nodemon'].includes(programName(program))
}

function isNpm(program: readonly Word[]): boolean {
  return programName(program) === 'npm'
}

function inspectorPlan(subject: Subject, { freePort }: Choices): DebugPlan | Refusal {
  const { program, env } = subject
  const known = inspectorPort(subject)
  if (known !== undefined) return { port: { protocol: 'devtools', number: known }, needsFiles: true }
  const port = freePort(wantedPort)
  const flag = `--inspect=0.0.0.0:${port}`
  const plan: DebugPlan = { port: { protocol: 'devtools', number: port }, needsFiles: true }
  const [first, ...others] = program
  if (first !== undefined && isNode(program)) return { ...plan, program: [first, ...plainWords([flag]), ...others] }
  if (isNpm(program)) return { ...plan, program: withNpmOption(program, `--node-options=${flag}`) }
  const options = env.get(optionsVariable)
  if (options === 'unknown') return { reason: `its ${optionsVariable} is set from somewhere else` }
  return { ...plan, env: { [optionsVariable]: options === undefined ? flag : `${options.text} ${flag}` } }
}

/** What follows `--` is the script's. */
function withNpmOption(program: readonly Word[], option: string): readonly Word[] {
  const end = program.findIndex(({ value }) => value === '--')
  const at = end === -1 ? program.length : end
  return [...program.slice(0, at), ...plainWords([option]), ...program.slice(at)]
}

/** The port of an inspector that the image or the manifest asks for. */
function inspectorPort({ program, rest, env }: Subject): number | undefined {
  const options = env.get(optionsVariable)
  const listed = options === undefined || options === 'unknown' ? [] : options.value.split(/\s+/)
  for (const value of [...program.map((word) => word.value), ...rest.map((word) => word.value), ...listed]) {
    const found = /^--inspect(?:-brk)?(?:=(.*))?$/.exec(value)
    if (found !== null) return found[1] === undefined ? wantedPort : (parsePort(found[1]) ?? wantedPort)
  }
  return undefined
}
