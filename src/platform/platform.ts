/**
 * What an image runs on, in the words of the OCI image specification.
 * @see https://github.com/opencontainers/image-spec/blob/main/image-index.md (platform)
 */
export interface Platform {
  /** GOOS: `linux`, `windows`, `darwin` … */
  readonly os: string
  /** GOARCH: `amd64`, `arm64`, `arm` … */
  readonly architecture: string
  /** `v7` of `arm/v7`, `v3` of `amd64/v3`. */
  readonly variant?: string
  /** Windows build, `10.0.20348.2227`. */
  readonly osVersion?: string
  /** Windows features, `win32k`. */
  readonly osFeatures?: readonly string[]
}
