export { runForOutput, runProcess, runShell, type RunOutcome, type RunProcess, type RunSpec } from './run.ts'
export { spawnProcess, type ProcessExit, type ProcessSpec, type RunningProcess } from './spawn.ts'
