import { relative, resolve } from 'node:path'
import { lintConfigs, type LintFinding } from '../../config/index.ts'
import { lintProject } from '../../pipeline/lint/index.ts'
import type { Command } from '../command.ts'
import type { Flag } from '../flags/index.ts'
import { containerHost } from '../host-platform.ts'
import { loadProject, loadProjectDocuments } from '../load-project.ts'
import { clusterFlags, globalFlags, projectFlags } from './shared-flags.ts'

/** Skaffold's word for text is taken, too. */
function formatFlag(flag: Flag): Flag {
  return { ...flag, choices: ['text', 'plain-text', 'json'] }
}

export const lintCommand: Command = {
  name: 'lint',
  summary: 'Say what could be better in skaffold.yaml, Dockerfiles and manifests',
  description:
    'Prints findings with file, line and column, each with a rule: old versions, ports that are not forwarded, Dockerfiles that\ncopy over 1000 files or .git, labels that Skaffold takes. They are advice: the exit code is 0.',
  examples: [{ text: 'this project', command: 'catamaran lint' }],
  flags: [
    ...projectFlags,
    ...clusterFlags.filter(({ name }) => name !== 'namespace'),
    ...globalFlags.map((flag) => (flag.name === 'format' ? formatFlag(flag) : flag)),
  ],
  maxArguments: 0,
  answersOnStdout: true,
  async run(invocation) {
    const { flags, terminal, cwd } = invocation
    const { documents, originals } = await loadProjectDocuments(invocation)
    const { runProcess } = await import('../../subprocess/index.ts')
    const { configs } = await loadProject(invocation, runProcess)
    const found = await lintProject({ documents, configs, cwd, host: containerHost(), signal: invocation.signal })
    const findings = [...lintConfigs(originals), ...found]
    if (flags.text('format') === 'json') {
      const results = findings.map((finding) => ({
        Rule: { RuleID: finding.rule, RuleType: typeOf(finding) },
        AbsFilePath: resolve(cwd, finding.file),
        RelFilePath: relative(cwd, resolve(cwd, finding.file)),
        Line: finding.line,
        Column: finding.column,
        Explanation: finding.explanation,
      }))
      terminal.stdout.write(`${JSON.stringify(results)}\n`)
      return
    }
    terminal.stdout.write(findings.map(describe).join(''))
  },
}

function describe(finding: LintFinding): string {
  const { file, line, column, rule, explanation, text } = finding
  const pointer = `${' '.repeat(column - 1)}^`
  return `${file}:${line}:${column}: ${rule}: ${explanation}: (${typeOf(finding)})\n${text}\n${pointer}\n`
}

/** What a rule looks at, in Skaffold's words. */
function typeOf({ rule }: LintFinding): string {
  return ['ID000004', 'ID000005'].includes(rule) ? 'DockerfileCommandLintRule' : 'YamlFieldLintRule'
}
