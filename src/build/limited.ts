import type { Limiter } from '../support/index.ts'
import type { Builder } from './contract.ts'

/** The same builder, with as many builds at once as the limiter allows. Looking up dependencies is not limited. */
export function limitBuilder(builder: Builder, limit: Limiter): Builder {
  const explain = builder.explain?.bind(builder)
  const autoSync = builder.autoSync?.bind(builder)
  return {
    multiPlatform: builder.multiPlatform,
    build: (request) =>
      limit(() => {
        request.signal.throwIfAborted()
        return builder.build(request)
      }),
    ...(explain === undefined ? {} : { explain }),
    ...(autoSync === undefined ? {} : { autoSync }),
    dependencies: (request) => builder.dependencies(request),
  }
}
