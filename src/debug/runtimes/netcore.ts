import type { RuntimeDebugger } from '../contract.ts'
import { programName } from '../words.ts'

/** Variables of the official base images. */
const variables = ['ASPNETCORE_URLS', 'DOTNET_RUNNING_IN_CONTAINER', 'DOTNET_SYSTEM_GLOBALIZATION_INVARIANT']

/** .NET programs: debuggers start vsdbg in the running container, which only has to be there. */
export const netcore: RuntimeDebugger = {
  name: 'netcore',
  detects: ({ env, program, rest }) =>
    variables.some((name) => env.has(name)) || (programName(program) === 'dotnet' && program.length + rest.length > 1),
  plan: () => ({ needsFiles: true }),
}
