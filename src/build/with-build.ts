import type { Builder } from './contract.ts'

/** The same builder, which builds in another way; what it knows of its artifacts stays. */
export function withBuild(
  builder: Builder,
  changed: Pick<Builder, 'build'> & Partial<Pick<Builder, 'find' | 'multiPlatform'>>,
): Builder {
  const inputs = builder.inputs?.bind(builder)
  const explain = builder.explain?.bind(builder)
  const autoSync = builder.autoSync?.bind(builder)
  return {
    multiPlatform: builder.multiPlatform,
    dependencies: (request) => builder.dependencies(request),
    ...(inputs === undefined ? {} : { inputs }),
    ...(explain === undefined ? {} : { explain }),
    ...(autoSync === undefined ? {} : { autoSync }),
    ...changed,
  }
}
