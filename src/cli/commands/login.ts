import { ToolError } from '../../errors/index.ts'
import { logIn, swrLogin, type RegistryReach } from '../../pipeline/login/index.ts'
import type { Login } from '../../registry/index.ts'
import { askLine } from '../ask-line.ts'
import { askSecret } from '../ask-secret.ts'
import type { Command, Invocation } from '../command.ts'
import type { ParsedFlags } from '../flags/index.ts'
import { readStdin } from '../read-stdin.ts'
import { registryOptions } from '../registry-options.ts'
import { answerJson } from './answer.ts'
import { insecureFlag, withImages } from './image-session.ts'
import { registryName } from './registry-name.ts'
import { globalFlags, registryFlags } from './shared-flags.ts'

export const loginCommand: Command = {
  name: 'login',
  summary: 'Log in to a registry',
  description:
    "Asks the registry whether it takes the user name and password, then keeps them where docker does: with the credential helper of\ndocker's configuration, else in the configuration itself. On a terminal it asks for what is not given; the password does not show.\nWith --swr-access-key, the secret key of a Huawei Cloud account takes the password's place, and its long-term login is kept.",
  usage: '[REGISTRY]',
  examples: [
    { text: 'asked for name and password', command: 'catamaran login reg.example.com' },
    {
      text: 'a password that does not show in the list of processes',
      command: 'pass show registry | catamaran login -u bot --password-stdin reg.example.com',
    },
    {
      text: 'Huawei Cloud, until its keys are taken away',
      command:
        'catamaran login --swr-access-key=AKEXAMPLE --password-stdin swr.cn-north-4.myhuaweicloud.com < secret-key',
    },
  ],
  flags: [
    { name: 'username', shorthand: 'u', type: 'string', isOwn: true, placeholder: 'name', description: 'User name' },
    { name: 'password-stdin', type: 'bool', default: 'false', description: 'Read the password from standard input' },
    {
      name: 'password',
      shorthand: 'p',
      type: 'string',
      isOwn: true,
      placeholder: 'text',
      description: 'Password; other users of this machine can see it there',
    },
    {
      name: 'swr-access-key',
      type: 'string',
      placeholder: 'key',
      description: 'Access key of a Huawei Cloud account; its secret key is the password that is read',
    },
    {
      name: 'swr-project',
      type: 'string',
      placeholder: 'region',
      description: "Region, or project in a region; left out: the region in the registry's name",
    },
    { ...insecureFlag, description: 'Reach the registry over plain http or with a certificate that is not trusted' },
    ...registryFlags.filter(({ name }) => name !== 'pull-secret'),
    ...globalFlags,
  ],
  maxArguments: 1,
  answersOnStdout: true,
  async run(invocation) {
    const { flags, emit, terminal, args } = invocation
    const registry = registryName(args[0])
    const login = await loginFor(invocation, registry)
    const stored = await withImages(invocation, [], async (context) =>
      logIn(context, { registry, ...login, reach: await reachOf(invocation, registry) }),
    )
    if (stored.isPlain) {
      emit({
        type: 'warning',
        text: `the password is stored unencrypted in ${stored.place}`,
        hint: 'name a credential helper there: "credsStore"',
      })
    }
    answerJson(invocation, { registry, username: login.username, storedIn: stored.place })
    if (flags.text('format') !== 'json') terminal.stdout.write('Login Succeeded\n')
  },
}

async function loginFor(invocation: Invocation, registry: string): Promise<Login> {
  const { flags } = invocation
  checkFlags(flags)
  const accessKey = flags.text('swr-access-key')
  if (accessKey !== undefined) {
    const project = flags.text('swr-project')
    const secretKey = await passwordFor(invocation, 'Secret key: ')
    return swrLogin(registry, { accessKey, secretKey, ...(project === undefined ? {} : { project }) })
  }
  const username = await usernameFor(invocation, registry)
  return { username, password: await passwordFor(invocation, 'Password: ') }
}

function checkFlags(flags: ParsedFlags): void {
  const hasUser = [flags.text('username'), flags.text('swr-access-key')].some((text) => (text ?? '') !== '')
  if (flags.bool('password-stdin')) {
    if (flags.isSet('password')) {
      throw new ToolError('USAGE', '--password and --password-stdin are mutually exclusive', {
        hint: 'give one of them',
      })
    }
    if (!hasUser) {
      throw new ToolError('USAGE', 'must provide --username with --password-stdin', { hint: 'add --username=NAME' })
    }
    return
  }
  if (process.stdin.isTTY || (hasUser && flags.isSet('password'))) return
  throw new ToolError('USAGE', 'cannot ask for a login: standard input is no terminal', {
    hint: 'pipe the password in and add --username=NAME --password-stdin',
  })
}

async function usernameFor({ flags, terminal, signal }: Invocation, registry: string): Promise<string> {
  const given = flags.text('username') ?? ''
  if (given !== '') return given
  const streams = { input: process.stdin, output: terminal.stderr, signal }
  const username = await askLine(`Username for ${registry}: `, streams)
  if (username !== '') return username
  throw new ToolError('USAGE', 'a login needs a user name', { hint: 'type it, or add --username=NAME' })
}

async function passwordFor({ flags, emit, env, terminal, signal }: Invocation, question: string): Promise<string> {
  const given = flags.text('password')
  if (given !== undefined) {
    // out of the environment nobody else can see it
    if (given === env['CATAMARAN_PASSWORD']) return given
    emit({
      type: 'warning',
      text: 'using --password via the CLI is insecure: it stays in the history of the shell and shows in the list of processes',
      hint: 'use --password-stdin, or leave --password away to be asked',
    })
    return given
  }
  const isPiped = flags.bool('password-stdin')
  const streams = { input: process.stdin, output: terminal.stderr, signal }
  const password = isPiped ? (await readStdin()).replace(/\r?\n$/, '') : await askSecret(question, streams)
  if (password === '') {
    throw new ToolError('USAGE', isPiped ? 'the password on standard input is empty' : 'the password is empty', {
      hint: 'many registries want an access token in its place',
    })
  }
  return password
}

/** How the registry is reached: as this command and the settings of this machine say. */
async function reachOf(invocation: Invocation, registry: string): Promise<RegistryReach> {
  const { readGlobalSettings } = await import('../global-settings.ts')
  const { insecureRegistries: known } = await readGlobalSettings(invocation, () => Promise.resolve(undefined))
  const { insecureRegistries: given, ...reach } = await registryOptions(invocation)
  const own = invocation.flags.bool('insecure') ? [registry] : []
  return { ...reach, insecureRegistries: [...own, ...given, ...known] }
}
