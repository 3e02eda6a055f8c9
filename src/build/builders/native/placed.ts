import { formatLocation, type Location } from '../../../dockerfile/index.ts'
import { isToolError, ToolError } from '../../../errors/index.ts'

/** Does something for an instruction; errors that do not say where they happened then do. */
export async function placed<T>(at: Location, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    if (!isToolError(error) || error.where !== undefined) throw error
    throw new ToolError(error.code, `${formatLocation(at)}: ${error.message}`, {
      where: formatLocation(at),
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    })
  }
}
