import type { RuntimeDebugger, Subject } from '../contract.ts'
import { programName } from '../words.ts'
import { parsePort } from './port.ts'

const wantedPort = 5005
const optionsVariable = 'JAVA_TOOL_OPTIONS'

/**
 * Java programs: the machine itself has the debugger and is told of it by a variable.
 * @see https://docs.oracle.com/en/java/javase/21/docs/specs/jpda/conninv.html
 */
export const jvm: RuntimeDebugger = {
  name: 'jvm',
  detects: ({ env, program }) => env.has(optionsVariable) || env.has('JAVA_VERSION') || programName(program) === 'java',
  plan(subject, { freePort }) {
    const options = subject.env.get(optionsVariable)
    if (options === 'unknown') return { reason: `its ${optionsVariable} is set from somewhere else` }
    const agent = agentOf(subject)
    if (agent !== undefined) {
      const port = parsePort(/(?:^|,)address=([^,]*)/.exec(agent)?.[1] ?? '')
      if (port === undefined) return { reason: 'its JDWP agent has no address with a port' }
      return { port: { protocol: 'jdwp', number: port }, needsFiles: false }
    }
    const port = freePort(wantedPort)
    const added = `-agentlib:jdwp=transport=dt_socket,server=y,address=${port},suspend=n,quiet=y`
    return {
      env: { [optionsVariable]: options === undefined ? added : `${options.text} ${added}` },
      port: { protocol: 'jdwp', number: port },
      needsFiles: false,
    }
  },
}

/** What an agent that the image or the manifest asks for is told. */
function agentOf({ program, rest, env }: Subject): string | undefined {
  const options = env.get(optionsVariable)
  const listed = options === undefined || options === 'unknown' ? [] : options.value.split(/\s+/)
  const values = [...program, ...rest].map(({ value }) => value)
  for (const value of [...values, ...listed]) {
    const found = /^(?:-agentlib:jdwp=|-Xrunjdwp:)(.*)$/.exec(value)
    if (found !== null) return found[1]
  }
  return undefined
}
