/** A parsed image name, `registry/repository[:tag][@digest]`; `registry` is `docker.io` when none was written. */
export interface Reference {
  /** Host with an optional port, `127.0.0.1:5000`, `[::1]:5000`, `docker.io`. */
  readonly registry: string
  /** Path below the registry; `library/` is filled in for Docker Hub's official images. */
  readonly repository: string
  readonly tag?: string
  /** `sha256:…` or `sha512:…`. */
  readonly digest?: string
}
