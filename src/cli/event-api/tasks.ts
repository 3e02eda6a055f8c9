/** The parts of an iteration, in the words of the API. */
export type Task = 'DevLoop' | 'Build' | 'Test' | 'Render' | 'Deploy' | 'StatusCheck' | 'Sync' | 'Verify' | 'Exec'
