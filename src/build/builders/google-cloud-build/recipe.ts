import { findType } from '../jib/jib-builder.ts'
import { dockerRecipe } from './docker-recipe.ts'
import { jibRecipe, kanikoRecipe, koRecipe, packRecipe } from './other-recipes.ts'
import type { BuildRecipe, RecipeJob } from './steps.ts'

/** The steps that build an artifact. @throws CONFIG_CONFLICT, BUILD_TOOL_MISSING */
export async function recipeOf(job: RecipeJob): Promise<BuildRecipe> {
  const { builder, image } = job.artifact
  if (builder.kind === 'docker') return dockerRecipe(builder, job)
  if (builder.kind === 'kaniko') return kanikoRecipe(builder, job)
  if (builder.kind === 'jib') return jibRecipe(builder, await findType(builder, job.contextFolder, image), job)
  if (builder.kind === 'ko') return koRecipe(builder, job)
  if (builder.kind === 'buildpacks') return packRecipe(builder, job)
  throw new Error(`${builder.kind} artifacts were refused before`)
}
