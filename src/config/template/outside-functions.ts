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

/** Functions that Skaffold's templates have and catamaran's do not. */
export const missingFunctions: ReadonlySet<string> = new Set(
  `abbrevboth adler32sum ago b32dec b32enc bcrypt buildCustomCert call date dateInZone dateModify date_in_zone date_modify
  deepCopy deepEqual decryptAES derivePassword duration durationRound encryptAES genCA genPrivateKey genSelfSignedCert
  genSignedCert getHostByName htmlDate htmlDateInZone htpasswd js mergeOverwrite mustAppend mustCompact mustDateModify
  mustDeepCopy mustFirst mustFromJson mustHas mustInitial mustLast mustMerge mustMergeOverwrite mustPrepend mustPush
  mustRegexFind mustRegexFindAll mustRegexMatch mustRegexReplaceAll mustRegexReplaceAllLiteral mustRegexSplit mustRest
  mustReverse mustSlice mustToDate mustToJson mustToPrettyJson mustUniq mustWithout now pluck push randAlpha randAlphaNum
  randAscii randNumeric semver semverCompare seq set shuffle toDate tuple typeIsLike typeOf unixEpoch unset urlJoin
  urlParse uuidv4 wrap wrapWith`.split(/\s+/),
)

function lookUp(env: Outside['env'], name: string): string {
  return (Object.hasOwn(env, name) ? env[name] : undefined) ?? ''
}
