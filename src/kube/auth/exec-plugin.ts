import * as v from 'valibot'
import { isToolError, redact, ToolError } from '../../errors/index.ts'
import type { ExecPlugin, KubeOutside } from '../config/target.ts'
import { bearerHeader, type Credentials, type CredentialSource } from './contract.ts'

/** @see https://kubernetes.io/docs/reference/config-api/client-authentication.v1/ */
const answerSchema = v.looseObject({
  apiVersion: v.string(),
  kind: v.literal('ExecCredential'),
  status: v.looseObject({
    expirationTimestamp: v.nullish(v.string()),
    token: v.nullish(v.string()),
    clientCertificateData: v.nullish(v.string()),
    clientKeyData: v.nullish(v.string()),
  }),
})

type Answer = v.InferOutput<typeof answerSchema>

const apiVersions: readonly string[] = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']

/** Renewed before they end, so that none ends on its way. */
const earlyMs = 10_000

/**
 * Credentials that a program prints, kept until they expire or are refused; it never runs twice at once.
 * @throws KUBE_AUTH_FAILED, KUBE_AUTH_UNSUPPORTED
 */
export function createExecSource(plugin: ExecPlugin, outside: KubeOutside): CredentialSource {
  let kept: Kept | undefined
  let loading: Promise<Kept> | undefined
  const load = async (): Promise<Kept> => {
    const answer = await runPlugin(plugin, outside)
    return { credentials: credentialsOf(answer, plugin), goodUntil: expiryOf(answer) - earlyMs }
  }
  return {
    async get(signal) {
      signal?.throwIfAborted()
      if (kept !== undefined && kept.goodUntil > Date.now()) return kept.credentials
      loading ??= load().finally(() => {
        loading = undefined
      })
      kept = await loading
      return kept.credentials
    },
    renew(refused) {
      if (kept !== undefined && isSame(kept.credentials, refused)) kept = undefined
      return true
    },
  }
}

interface Kept {
  readonly credentials: Credentials
  /** Milliseconds since the epoch. */
  readonly goodUntil: number
}

function isSame(left: Credentials, right: Credentials): boolean {
  const [one, other] = [left.headers['authorization'], right.headers['authorization']]
  return one === other && left.certificate?.cert === right.certificate?.cert
}

async function runPlugin(plugin: ExecPlugin, { env, runProcess }: KubeOutside): Promise<Answer> {
  checkPlugin(plugin)
  try {
    const outcome = await runProcess({
      command: plugin.command,
      args: plugin.args,
      env: { ...env, ...plugin.env, KUBERNETES_EXEC_INFO: execInfo(plugin) },
    })
    if (outcome.status === 0) return parseAnswer(outcome.stdout, plugin)
    const said = redact(outcome.stderr.trim().split('\n').slice(-5).join('\n'))
    throw failed(plugin, `ended with status ${outcome.status ?? outcome.signal ?? 'unknown'}${said && `: ${said}`}`)
  } catch (error) {
    if (!isToolError(error, 'PROGRAM_MISSING')) throw error
    throw new ToolError('KUBE_AUTH_FAILED', `the kubeconfig needs the program "${plugin.command}", which is missing`, {
      hint: plugin.installHint?.trim() ?? error.hint ?? `install ${plugin.command}`,
      cause: error,
    })
  }
}

function checkPlugin(plugin: ExecPlugin): void {
  if (!apiVersions.includes(plugin.apiVersion)) {
    throw new ToolError('KUBE_AUTH_UNSUPPORTED', `"${plugin.command}" is called with ${plugin.apiVersion}`, {
      hint: `update the plugin and use apiVersion ${apiVersions[0] ?? ''} in the kubeconfig`,
    })
  }
  if (plugin.needsTerminal) {
    throw new ToolError('KUBE_AUTH_UNSUPPORTED', `"${plugin.command}" wants to ask on the terminal`, {
      hint: 'log in with its own command first, and set interactiveMode to IfAvailable in the kubeconfig',
    })
  }
}

function execInfo({ apiVersion, cluster }: ExecPlugin): string {
  const spec = { interactive: false, ...(cluster === undefined ? {} : { cluster }) }
  return JSON.stringify({ kind: 'ExecCredential', apiVersion, spec })
}

function parseAnswer(stdout: string, plugin: ExecPlugin): Answer {
  const outcome = v.safeParse(answerSchema, parseJson(stdout))
  if (!outcome.success) throw failed(plugin, 'did not print an ExecCredential with a status')
  if (outcome.output.apiVersion !== plugin.apiVersion) {
    throw failed(plugin, `answered in ${outcome.output.apiVersion}, not in ${plugin.apiVersion}`)
  }
  return outcome.output
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function credentialsOf({ status }: Answer, plugin: ExecPlugin): Credentials {
  const [token, cert, key] = [status.token ?? '', status.clientCertificateData ?? '', status.clientKeyData ?? '']
  if ((cert === '') !== (key === '')) throw failed(plugin, 'gave one half of a client certificate')
  if (token === '' && cert === '') throw failed(plugin, 'gave neither a token nor a client certificate')
  return {
    headers: token === '' ? {} : bearerHeader(token),
    ...(cert === '' ? {} : { certificate: { cert, key } }),
  }
}

function expiryOf({ status }: Answer): number {
  const at = status.expirationTimestamp ?? ''
  const time = at === '' ? Number.POSITIVE_INFINITY : Date.parse(at)
  return Number.isNaN(time) ? 0 : time
}

function failed({ command, args }: ExecPlugin, why: string): ToolError {
  const line = [command, ...args].join(' ')
  return new ToolError('KUBE_AUTH_FAILED', `the credential plugin of the kubeconfig, "${line}", ${why}`, {
    hint: `run "${line}" yourself: often a login has expired`,
  })
}
