import { isForeignLayerType, type ImageConfig, type Layer } from '../../image/index.ts'

/**
 * The layers of a Windows image that are its own. The lowest is Windows itself, some hundred MiB that say nothing about the
 * program.
 */
export function ownLayers(layers: readonly Layer[]): readonly Layer[] {
  const stored = layers.filter(({ descriptor }) => !isForeignLayerType(descriptor.mediaType))
  return stored.length < layers.length ? stored : stored.slice(layers.length > 1 ? 1 : 0)
}

/** Programs of Windows come with its own layers. */
export function isOfWindows(command: string): boolean {
  return /^(?:[a-z]:)?[\\/]windows[\\/]/i.test(command) || /^(?:cmd|powershell|pwsh|net|sc)(?:\.exe)?$/i.test(command)
}

/** Where in the layers a command may be: below `Files`, in small letters, with each ending that Windows tries. */
export function placesOnWindows(command: string, config: ImageConfig): readonly string[] {
  const { WorkingDir: workingDir = '', Env: env = [] } = config.config ?? {}
  const isPath = /[\\/:]/.test(command)
  const isAbsolute = /^(?:[a-z]:)?[\\/]/i.test(command)
  const path = env.findLast((entry) => /^path=/i.test(entry))?.slice('path='.length) ?? ''
  const folders = isPath ? [isAbsolute ? '' : workingDir] : [workingDir, ...path.split(';')]
  const endings = /\.[a-z0-9]{1,4}$/i.test(command) ? [''] : ['.com', '.exe', '.bat', '.cmd']
  return folders.flatMap((folder) => endings.map((ending) => inFiles(`${folder}\\${command}${ending}`)))
}

/** `C:\app\server.exe` is `files/app/server.exe`. */
function inFiles(path: string): string {
  const parts = path.replaceAll(/[a-z]:/gi, '').split(/[\\/]+/)
  return ['files', ...parts.filter((part) => part !== '')].join('/').toLowerCase()
}
