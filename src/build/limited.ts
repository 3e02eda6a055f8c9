import type { Limiter } from '../support/index.ts'
import type { Builder } from './contract.ts'
import { withBuild } from './with-build.ts'

/** The same builder, with as many builds at once as the limiter allows. Looking up dependencies is not limited. */
export function limitBuilder(builder: Builder, limit: Limiter): Builder {
  return withBuild(builder, {
    build: (request) =>
      limit(() => {
        request.signal.throwIfAborted()
        return builder.build(request)
      }),
  })
}
