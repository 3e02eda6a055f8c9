export { formatPlatform, formatPlatformFully, platformsEqual, platformTagSuffix } from './format.ts'
export { only, onlyStrict, runnableOn, selectOne, type PlatformMatcher } from './match.ts'
export { normalizeArchitecture, normalizeOs, normalizePlatform } from './normalize.ts'
export { knownArchitectures, knownOperatingSystems, parsePlatform } from './parse.ts'
export type { Platform } from './platform.ts'
export {
  formatPlatformSet,
  intersectPlatforms,
  isCrossPlatform,
  isEmptySet,
  isMultiPlatform,
  isPlatform,
  parsePlatformSet,
  selectPlatform,
  uniquePlatforms,
  type PlatformSet,
} from './set.ts'
