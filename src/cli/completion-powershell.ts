import type { Command } from './command.ts'
import { flagWords, membersByPrefix } from './completion-words.ts'

/** A completion script for PowerShell. @see https://learn.microsoft.com/powershell/module/microsoft.powershell.core/register-argumentcompleter */
export function powershellScript(commands: readonly Command[]): string {
  const members = membersByPrefix(commands)
  const groups = [...members].map(([group, words]) => `    ${quote(group)} = ${list(words)}`)
  const flags = commands.map((command) => `    ${quote(command.name)} = ${list(flagWords(command))}`)
  const summaries = commands.map(({ name, summary }) => `    ${quote(name)} = ${quote(summary)}`)
  return [
    'Register-ArgumentCompleter -Native -CommandName catamaran -ScriptBlock {',
    '  param($wordToComplete, $commandAst, $cursorPosition)',
    '  $members = @{',
    ...groups,
    '  }',
    '  $flags = @{',
    ...flags,
    '  }',
    '  $summaries = @{',
    ...summaries,
    '  }',
    "  $command = ''",
    '  foreach ($element in $commandAst.CommandElements | Select-Object -Skip 1) {',
    '    $word = $element.ToString()',
    '    if ($element.Extent.EndOffset -ge $cursorPosition -and $wordToComplete -ne "") { break }',
    "    if ($word.StartsWith('-') -or -not $members.ContainsKey($command)) { continue }",
    "    $command = ($command + ' ' + $word).Trim()",
    '  }',
    '  $words = @()',
    '  if ($members.ContainsKey($command)) { $words = $members[$command] }',
    '  elseif ($flags.ContainsKey($command)) { $words = $flags[$command] }',
    '  $words | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {',
    "    $full = ($command + ' ' + $_).Trim()",
    '    $tip = if ($summaries.ContainsKey($full)) { $summaries[$full] } else { $_ }',
    "    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $tip)",
    '  }',
    '}',
    '',
  ].join('\n')
}

function list(words: readonly string[]): string {
  return `@(${words.map(quote).join(', ')})`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
