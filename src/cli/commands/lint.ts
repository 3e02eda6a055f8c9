import { relative, resolve } from 'node:path'
import { lintConfigs, type LintFinding } from '../../config/index.ts'
import type { Command } from '../command.ts'
import { loadProjectDocuments } from '../load-project.ts'
import { clusterFlags, globalFlags, projectFlags } from './shared-flags.ts'

export const lintCommand: Command = {
  name: 'lint',
  summary: 'Say what could be better in skaffold.yaml',
  description: 'Prints findings with file, line and column, each with a rule. They are advice: the exit code is 0.',
  examples: [{ text: 'this project', command: 'catamaran lint' }],
  flags: [...projectFlags, ...clusterFlags.filter(({ name }) => name !== 'namespace'), ...globalFlags],
  maxArguments: 0,
  answersOnStdout: true,
  async run(invocation) {
    const { flags, terminal, cwd } = invocation
    const { originals } = await loadProjectDocuments(invocation)
    const findings = lintConfigs(originals)
    if (flags.text('format') === 'json') {
      const results = findings.map((finding) => ({
        Rule: { RuleID: finding.rule, RuleType: 'YamlFieldLintRule' },
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

function describe({ file, line, column, rule, explanation, text }: LintFinding): string {
  return `${file}:${line}:${column}: ${rule}: ${explanation}: (YamlFieldLintRule)\n${text}\n${' '.repeat(column - 1)}^\n`
}
