/**
 * Every error code catamaran can print, with what it means. A code is permanent: it may be added to, never
 * renamed or reused. Sections follow the rooms that raise them; keep each section sorted.
 */
export const errorCodes = {
  // ground
  ABORTED: 'the operation was interrupted',
  DISK_FULL: 'the disk has no room left',
  FILE_UNREADABLE: 'a file could not be read',
  FILE_UNWRITABLE: 'a file could not be written',
  INTERNAL: 'a bug in catamaran',
  PROGRAM_FAILED: 'a program that catamaran started ended with an error',
  PROGRAM_MISSING: 'a program that is needed is not installed',
  USAGE: 'a command was called with wrong arguments',

  // words
  PLATFORM_INVALID: 'a platform string is not a platform',
  REFERENCE_INVALID: 'an image name is not a valid reference',

  // image
  DIGEST_INVALID: 'a text is not a sha256 or sha512 digest',
  DIGEST_MISMATCH: 'content is not what its digest or size says',
  IMAGE_CONFIG_INVALID: 'an image configuration is not valid',
  IMAGE_INVALID: 'the documents of an image contradict each other',
  INDEX_ANNOTATED: "Docker's manifest list was to hold what only an OCI index can hold",
  INDEX_EMPTY: 'an index has no images',
  INDEX_PLATFORM_TWICE: 'two images of one index are for the same platform',
  MANIFEST_INVALID: 'an image manifest or index is not valid',

  // dockerfile, workspace, layer, layout, build
  BASE_IMAGE_UNSUPPORTED: 'a base image has layers that the native builder does not read',
  BUILD_ARCHITECTURE_WRONG: 'a program that is put into an image is compiled for another architecture',
  BUILD_ARCHIVE_UNSUPPORTED: 'an archive of an ADD instruction has a format that is not unpacked',
  BUILD_CHECKSUM_MISMATCH: 'a downloaded file is not what ADD --checksum says',
  BUILD_COMMAND_FAILED: 'the buildCommand of an artifact ended with an error',
  BUILD_COMMAND_MADE_NOTHING: 'the buildCommand of an artifact made no image under the name it was given',
  BUILD_COPY_CONFLICT: 'COPY or ADD would put a file where a folder is, or a folder where a file is',
  BUILD_DEPENDENCIES_INVALID: 'the command that lists the dependencies of an artifact did not give a list',
  BUILD_DOWNLOAD_FAILED: 'a URL of an ADD instruction was not fetched',
  BUILD_FILE_UNSUPPORTED: 'a device, pipe or socket stands in a build context',
  BUILD_PUSH_NEEDED: 'images can only be used, or kept, when they are pushed to a registry',
  BUILD_REGISTRY_MISSING: 'an image is to be pushed and its name has no registry',
  BUILD_SOURCE_MISSING: 'COPY or ADD names a file that is not there',
  DOCKERFILE_FRONTEND_UNKNOWN: "a Dockerfile asks for a frontend other than Docker's own",
  DOCKERFILE_INVALID: 'a Dockerfile has a mistake',
  DOCKERFILE_MISSING: 'there is no Dockerfile where the configuration says',
  DOCKERFILE_NEEDS_GIT: 'a Dockerfile clones a repository, which the native builder does not do',
  DOCKERFILE_NEEDS_RUN: 'a Dockerfile runs programs, which the native builder does not do',
  DOCKERFILE_NEEDS_SECRET: 'a Dockerfile mounts a secret, which the native builder does not do',
  DOCKERFILE_NEEDS_SSH: 'a Dockerfile mounts an ssh agent, which the native builder does not do',
  DOCKERFILE_NEEDS_WINDOWS: 'a Dockerfile is for Windows, for which the native builder does not build',
  DOCKERFILE_TARGET_UNKNOWN: 'a Dockerfile has no stage of the name that is to be built',
  FILE_CHANGED: 'a file changed while it was being read',
  LAYER_INVALID: 'a layer is not a valid archive, or it tries to leave its folder',
  LAYER_TOO_LARGE: 'a layer unpacks to more than is accepted',
  LAYER_UNSUPPORTED: 'a layer has a form that this version of catamaran does not read',
  LAYOUT_INVALID: 'a folder is not an OCI image layout, or it is damaged',
  WORKSPACE_IGNORE_INVALID: 'a .dockerignore file has a pattern that is not valid',
  WORKSPACE_MISSING: 'a folder or file that an artifact needs is not there',
  WORKSPACE_NAME_INVALID: 'a file has a name that is not valid text',
  WORKSPACE_NO_MATCH: 'a pattern for files matches none',

  // config, tag
  BUILD_OUTPUT_INVALID: 'a file given with --build-artifacts is not the result of a build',
  CONFIG_CONFLICT: 'settings of skaffold.yaml exclude each other',
  CONFIG_MISSING_FIELD: 'skaffold.yaml lacks a field that is required',
  CONFIG_MODULE_UNKNOWN: 'a configuration that was asked for or required is not there',
  CONFIG_NOT_SKAFFOLD: 'the file is not a Skaffold configuration',
  CONFIG_PATCH_INVALID: 'a patch of a profile does not apply',
  CONFIG_PROFILE_UNKNOWN: 'a profile that was asked for is in no configuration',
  CONFIG_TEMPLATE_INVALID: 'a template does not parse, or fails',
  CONFIG_UNKNOWN_FIELD: 'skaffold.yaml has a field that Skaffold does not know',
  CONFIG_UNSUPPORTED_FIELD: 'skaffold.yaml uses something that this version of catamaran does not do yet',
  CONFIG_UPGRADE_FAILED: 'an old skaffold.yaml holds something that newer versions have no place for',
  CONFIG_VALUE_INVALID: 'a value in skaffold.yaml is not allowed there',
  CONFIG_VERSION_TOO_NEW: 'skaffold.yaml has a version that is newer than this catamaran',
  CONFIG_WRONG_TYPE: 'a field of skaffold.yaml has a value of the wrong type',
  CONFIG_YAML_INVALID: 'skaffold.yaml is not valid YAML',

  // resource, placement, render
  PLACEMENT_CONFLICT: 'a pod can run on no platform: its images or its own rules exclude each other',
  RESOURCE_INVALID: 'a manifest is not a valid Kubernetes object',

  // http, registry, transfer, inspect
  BLOB_UNKNOWN: 'a registry does not have a layer or configuration',
  HTTP_ANSWER_INVALID: 'a server answered with something that is not what the protocol says',
  HTTP_CERTIFICATE: 'the certificate of a server is not trusted, or the server does not speak TLS',
  HTTP_INTERRUPTED: 'a connection broke',
  HTTP_TOO_LARGE: 'an answer is longer than is accepted',
  HTTP_UNREACHABLE: 'there is no connection to a server',
  INDEX_ENTRY_UNKNOWN: 'an index does not have the entry that was named',
  MANIFEST_LIST_BUSY: 'another process works on the same local manifest list',
  MANIFEST_LIST_EXISTS: 'a manifest list of that name is kept locally already',
  MANIFEST_LIST_UNKNOWN: 'no manifest list of that name is kept locally',
  MANIFEST_UNKNOWN: 'a registry has no image of that name',
  PLATFORM_NOT_OFFERED: 'an image does not come for the platform that is needed',
  PLATFORM_UNDECIDED: 'one of several platforms of an image has to be chosen',
  PLATFORM_MISSING: 'an entry of an index has no operating system or architecture',
  REGISTRY_ANSWER_INVALID: 'a registry answered with something that is not what the protocol says',
  REGISTRY_CERTIFICATE: 'the certificate of a registry is not trusted, or the registry does not speak TLS',
  REGISTRY_DENIED: 'the account may not do this in a registry',
  REGISTRY_FAILED: 'a registry refused a request',
  REGISTRY_RATE_LIMITED: 'a registry asked to come back later',
  REGISTRY_UNAUTHORIZED: 'a registry needs other credentials, or any',
  REGISTRY_UNREACHABLE: 'there is no connection to a registry',
  SOURCE_AMBIGUOUS: 'a folder or archive holds several images, and none of them was named',
  STORE_READ_ONLY: 'a place that images are to be written to can only be read',
  TAG_MOVED: 'a tag points at something else than was expected: somebody else pushed',

  // kube, deploy, status
  KUBE_ANSWER_INVALID: 'a cluster answered with something that is not what the protocol says',
  KUBE_AUTH_FAILED: 'the credentials of a kubeconfig could not be had',
  KUBE_AUTH_UNSUPPORTED: 'a kubeconfig asks for a kind of credentials that catamaran does not know',
  KUBE_CERTIFICATE: 'the certificate of a cluster is not trusted, or its API server does not speak TLS',
  KUBE_CONFIG_INVALID: 'a kubeconfig is not valid',
  KUBE_CONFIG_MISSING: 'there is no kubeconfig, so no cluster to talk to',
  KUBE_CONFLICT: 'somebody else manages, or has changed, what was to be written to a cluster',
  KUBE_CONTEXT_UNKNOWN: 'a kubeconfig does not have the context that was asked for, or none is chosen',
  KUBE_FAILED: 'a cluster refused a request',
  KUBE_FORBIDDEN: 'the account may not do this in a cluster',
  KUBE_INVALID: 'a cluster does not accept an object',
  KUBE_NOT_FOUND: 'a cluster does not have what a request is about',
  KUBE_UNAUTHORIZED: 'a cluster does not accept the credentials',
  KUBE_UNKNOWN_KIND: 'a cluster does not know a kind of object',
  KUBE_UNREACHABLE: 'there is no connection to a cluster',
  STATUS_DEADLINE: 'what was deployed did not become ready in time',
  STATUS_FAILED: 'what was deployed does not work',

  // sandbox
  SANDBOX_NODES_INVALID: 'the nodes asked of the sandbox cannot be made',
  SANDBOX_OBJECT_EXISTS: 'an object of that name is in the sandbox already',
  SANDBOX_PORT_TAKEN: 'a port that the sandbox was to use is in use',

  // pipeline
  PLATFORM_CONSTRAINT: 'the platforms asked for and those an artifact allows have nothing in common',
} as const

/** A permanent, documented error code; the keys of {@link errorCodes}. */
export type ErrorCode = keyof typeof errorCodes
