import { ToolError } from '../errors/index.ts'
import type { HttpResponse } from './contract.ts'

/** Bounds for reading a whole body. */
export interface ReadOptions {
  readonly maxBytes: number
}

/**
 * The whole body.
 * @throws HTTP_TOO_LARGE when it is longer than allowed; the rest is not read
 */
export async function readBytes(response: HttpResponse, options: ReadOptions): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.length
    if (size > options.maxBytes) {
      throw new ToolError('HTTP_TOO_LARGE', `the answer of ${response.url} is longer than ${options.maxBytes} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The whole body as UTF-8. See {@link readBytes}. */
export async function readText(response: HttpResponse, options: ReadOptions): Promise<string> {
  return new TextDecoder().decode(await readBytes(response, options))
}

/**
 * The whole body as JSON; parse what it gives through a schema.
 * @throws HTTP_ANSWER_INVALID when it is not JSON; HTTP_TOO_LARGE
 */
export async function readJson(response: HttpResponse, options: ReadOptions): Promise<unknown> {
  const text = await readText(response, options)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ToolError('HTTP_ANSWER_INVALID', `the answer of ${response.url} is not JSON`, { cause: error })
  }
}
