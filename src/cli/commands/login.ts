import { ToolError } from '../../errors/index.ts'
import { logIn, swrLogin } from '../../pipeline/login/index.ts'
import type { Login } from '../../registry/index.ts'
import type { Command, Invocation } from '../command.ts'
import { readStdin } from '../read-stdin.ts'
import { answerJson } from './answer.ts'
import { insecureFlag, withImages } from './image-session.ts'
import { registryName } from './registry-name.ts'
import { globalFlags } from './shared-flags.ts'

export const loginCommand: Command = {
  name: 'login',
  summary: 'Log in to a registry',
  description:
    "Asks the registry whether it takes the user name and password, then keeps them where docker does: with the credential helper of\ndocker's configuration, else in the configuration itself. With --swr-access-key, the secret key of a Huawei Cloud account is read\nfrom standard input, and its long-term login is kept.",
  usage: '[REGISTRY]',
  examples: [
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
    { name: 'username', shorthand: 'u', type: 'string', placeholder: 'name', description: 'User name' },
    { name: 'password-stdin', type: 'bool', default: 'false', description: 'Read the password from standard input' },
    {
      name: 'password',
      shorthand: 'p',
      type: 'string',
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
    insecureFlag,
    ...globalFlags,
  ],
  maxArguments: 1,
  answersOnStdout: true,
  async run(invocation) {
    const { flags, emit, terminal } = invocation
    const registry = registryName(invocation.args[0])
    const login = loginFor(invocation, registry, await readPassword(invocation))
    const stored = await withImages(invocation, [], async (context) =>
      logIn(context, { registry, ...login, insecure: flags.bool('insecure') }),
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

async function readPassword({ flags, emit }: Invocation): Promise<string> {
  const given = flags.text('password')
  if (given !== undefined && flags.bool('password-stdin')) {
    throw new ToolError('USAGE', '--password and --password-stdin are mutually exclusive', { hint: 'give one of them' })
  }
  if (given !== undefined) {
    emit({ type: 'warning', text: 'using --password via the CLI is insecure', hint: 'use --password-stdin' })
    return given
  }
  if (!flags.bool('password-stdin')) {
    throw new ToolError('USAGE', 'login needs a password', { hint: 'pipe it in and add --password-stdin' })
  }
  const password = (await readStdin()).replace(/\r?\n$/, '')
  if (password === '') throw new ToolError('USAGE', 'the password on standard input is empty')
  return password
}

function loginFor({ flags }: Invocation, registry: string, password: string): Login {
  const accessKey = flags.text('swr-access-key')
  const username = flags.text('username')
  if (accessKey !== undefined) {
    const project = flags.text('swr-project')
    return swrLogin(registry, { accessKey, secretKey: password, ...(project === undefined ? {} : { project }) })
  }
  if (username === undefined || username === '') {
    throw new ToolError('USAGE', 'must provide --username with --password-stdin', { hint: 'add --username=NAME' })
  }
  return { username, password }
}
