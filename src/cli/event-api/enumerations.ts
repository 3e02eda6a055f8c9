import type { Enumeration } from './message-type.ts'

/** Of builders, by what Skaffold's definition `proto/enums/enums.proto` calls them; so are those below. */
export const builderTypes: Enumeration = {
  UNKNOWN_BUILDER_TYPE: 0,
  JIB: 1,
  BAZEL: 2,
  BUILDPACKS: 3,
  CUSTOM: 4,
  KANIKO: 5,
  DOCKER: 6,
  KO: 7,
}

/** Where images are built. */
export const buildTypes: Enumeration = { UNKNOWN_BUILD_TYPE: 0, CLUSTER: 1, GCB: 2, LOCAL: 3 }

/** How images are tested. */
export const testerTypes: Enumeration = { UNKNOWN_TEST_TYPE: 0, UNIT: 1, CONTAINER_STRUCTURE_TEST: 2 }

/** How manifests come about. */
export const renderTypes: Enumeration = {
  UNKNOWN_RENDER_TYPE: 0,
  RAWK8S: 1,
  KUSTOMIZE_MANIFEST: 2,
  HELM_CHART: 3,
  KPT_MANIFEST: 4,
}

/** How manifests are deployed. */
export const deployerTypes: Enumeration = { UNKNOWN_DEPLOYER_TYPE: 0, HELM: 1, KUSTOMIZE: 2, KUBECTL: 3, KPT: 4 }

/** Kinds of clusters. */
export const clusterTypes: Enumeration = { UNKNOWN_CLUSTER_TYPE: 0, MINIKUBE: 1, GKE: 2, OTHER: 3 }

/** How important a line is. */
export const logLevels: Enumeration = {
  DEBUG: 0,
  INFO: 1,
  WARN: 2,
  ERROR: 3,
  FATAL: 4,
  PANIC: 5,
  TRACE: 6,
  STANDARD: 7,
}

/** How something ended: those that are said here. */
export const statusCodes: Enumeration = {
  OK: 0,
  STATUSCHECK_SUCCESS: 200,
  BUILD_SUCCESS: 201,
  DEPLOY_SUCCESS: 202,
  TEST_SUCCESS: 203,
  RENDER_SUCCESS: 204,
  BUILD_PUSH_ACCESS_DENIED: 101,
  BUILD_USER_ERROR: 104,
  BUILD_DOCKERFILE_NOT_FOUND: 115,
  BUILD_UNKNOWN_PLATFORM_FLAG: 150,
  BUILD_CROSS_PLATFORM_ERR: 151,
  BUILD_CROSS_PLATFORM_NO_REGISTRY_ERR: 152,
  UNKNOWN_ERROR: 500,
  STATUSCHECK_UNKNOWN: 501,
  DEPLOY_UNKNOWN: 504,
  SYNC_UNKNOWN: 505,
  BUILD_UNKNOWN: 506,
  INIT_UNKNOWN: 510,
  TEST_UNKNOWN: 512,
  STATUSCHECK_USER_CANCELLED: 800,
  STATUSCHECK_DEADLINE_EXCEEDED: 801,
  BUILD_CANCELLED: 802,
  DEPLOY_CANCELLED: 803,
  DEPLOY_CLUSTER_CONNECTION_ERR: 1001,
  DEPLOY_HELM_USER_ERR: 1005,
  CONFIG_FILE_PARSING_ERR: 1201,
  CONFIG_DEPENDENCY_NOT_FOUND_ERR: 1203,
  CONFIG_PROFILES_NOT_FOUND_ERR: 1212,
  CONFIG_UNKNOWN_API_VERSION_ERR: 1213,
}

/** What to do about it: those that are said here. */
export const suggestionCodes: Enumeration = {
  NIL: 0,
  ADD_DEFAULT_REPO: 100,
  DOCKER_AUTH_CONFIGURE: 104,
  FIX_USER_BUILD_ERR: 107,
  FIX_SKAFFOLD_CONFIG_DOCKERFILE: 110,
  BUILD_FIX_UNKNOWN_PLATFORM_FLAG: 117,
  BUILD_INSTALL_PLATFORM_EMULATORS: 118,
  SET_PUSH_AND_CONTAINER_REGISTRY: 119,
  CHECK_CLUSTER_CONNECTION: 201,
}
