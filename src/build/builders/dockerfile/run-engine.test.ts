import { expect, test } from 'vitest'
import { reasonIn } from './run-engine.ts'

test.each([
  [
    'buildx',
    '#5 ERROR: process "/bin/sh" exit code: 7\n------\n > [2/2] RUN x:\n------\nERROR: failed to solve: exit code: 7\n',
    'failed to solve: exit code: 7',
  ],
  [
    'buildah',
    'STEP 2/2: RUN x\nError: building at STEP "RUN x": exit status 7\n',
    'building at STEP "RUN x": exit status 7',
  ],
  [
    'Maven',
    '[INFO] x\n[ERROR] COMPILATION\n[ERROR] Failed to execute goal: no symbol -> [Help 1]\n[ERROR] \n[ERROR] [Help 1] http://x\n',
    'Failed to execute goal: no symbol -> [Help 1]',
  ],
  [
    'Gradle',
    'FAILURE: Build failed with an exception.\n\n* What went wrong:\nTask x not found\n\n* Try:\n> Run with --info\n',
    'Task x not found',
  ],
  ['others', 'one\ntwo\n\n', 'two'],
  ['nobody', '', ''],
])('why %s gave up', (_, output, reason) => {
  expect(reasonIn(output)).toBe(reason)
})
