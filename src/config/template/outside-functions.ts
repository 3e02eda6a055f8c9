import { failure, type Outside, type TemplateFunction } from './function.ts'

/** Functions that look outside: the environment and programs. */
export const outsideFunctions: Readonly<Record<string, TemplateFunction>> = {
  cmd: {
    takes: 'ss*',
    run: ({ all }, { cmd }) => {
      if (cmd === undefined) throw failure('programs cannot be run from this field')
      return cmd(all.map(String)).trim()
    },
  },
  env: { takes: 's', run: ({ text }, { env }) => lookUp(env, text(0)) },
  expandenv: {
    takes: 's',
    run: ({ text }, { env }) =>
      text(0).replaceAll(/\$(?:\{([^}]*)\}|(\w+))/g, (_whole, braced?: string, bare?: string) =>
        lookUp(env, braced ?? bare ?? ''),
      ),
  },
}

/** Functions that Skaffold's templates have and catamaran's do not: they make keys, or ask the network. */
export const missingFunctions: ReadonlySet<string> = new Set(
  'bcrypt buildCustomCert derivePassword genCA genSelfSignedCert genSignedCert getHostByName htpasswd'.split(' '),
)

function lookUp(env: Outside['env'], name: string): string {
  return (Object.hasOwn(env, name) ? env[name] : undefined) ?? ''
}
