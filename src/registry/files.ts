const absent: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'])

/** What is read, or undefined when it is not there or not ours to read. */
export async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof Error && 'code' in error && absent.has(error.code)) return undefined
    throw error
  }
}
