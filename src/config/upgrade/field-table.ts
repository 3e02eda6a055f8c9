/**
 * Which version of skaffold.yaml has which field, one object type a line: `field:type@from-to`, versions counted from the
 * oldest, an open end left out. Types: s text, b boolean, i whole number, a anything, [ a list of, { a mapping to, or the name
 * of a line. Made by scripts/derive-field-table.mjs.
 */
export const fieldTable = `Action name:s@62- failFast:b@62- timeout:i@62- executionMode:ActionExecutionModeConfig@62- containers:[VerifyContainer@62-
ActionExecutionModeConfig local:LocalVerifier@62- kubernetesCluster:KubernetesClusterVerifier@62-
Activation env:s@8- kubeContext:s@8- command:s@8-
Artifact image:s@3- context:s@3- sync:{s@3-13 sync:Sync@14- requires:[ArtifactDependency@35- hooks:BuildHooks@46- platforms:[s@53- runtimeType:s@59- docker:DockerArtifact@1- bazel:BazelArtifact@1- ko:KoArtifact@52- jib:JibArtifact@18- kaniko:KanikoArtifact@11- buildpacks:BuildpackArtifact@31- custom:CustomArtifact@14- buildpack:BuildpackArtifact@22-30 jibMaven:JibMavenArtifact@3-17 jibGradle:JibGradleArtifact@3-17 plugin:BuilderPlugin@9-12 imageName:s@-2 workspace:s@-2 dockerfilePath:s@-0 buildArgs:{s@-0
ArtifactDependency image:s@35- alias:s@35-
Auto
AzureContainerBuild subscriptionId:s@4-4 clientId:s@4-4 clientSecret:s@4-4 tenantId:s@4-4
BazelArtifact target:s@1- args:[s@5- platforms:[BazelPlatformMapping@67-
BazelPlatformMapping platform:s@67- target:s@67-
BuildConfig hooks:BuildHooks@64- artifacts:[Artifact insecureRegistries:[s@12- tagPolicy:s@-0 tagPolicy:TagPolicy@1- platforms:[s@53- local:LocalBuild googleCloudBuild:GoogleCloudBuild cluster:ClusterDetails@11- executionEnvironment:ExecutionEnvironment@9-12 kaniko:KanikoBuild@1-10 acr:AzureContainerBuild@4-4
BuildHooks before:[HostHook@45- after:[HostHook@45-
BuilderPlugin name:s@9-12 properties:{a@9-12
BuildpackArtifact builder:s@22- runImage:s@22- env:[s@23- buildpacks:[s@25- trustBuilder:b@31- clearCache:b@56- projectDescriptor:s@31- dependencies:BuildpackDependencies@22- volumes:a@43-55 volumes:[BuildpackVolume@56- buildArgs:[s@71- forcePull:b@22-24
BuildpackDependencies paths:[s@22- ignore:[s@22-
BuildpackVolume host:s@43- target:s@43- options:s@43-
CloudRunDeploy projectid:s@56- region:s@56- hooks:CloudRunDeployHooks@59-
CloudRunDeployHooks before:[HostHook@59- after:[HostHook@59-
ClusterDetails HTTP_PROXY:s@17- HTTPS_PROXY:s@17- pullSecretPath:s@31- pullSecretName:s@11- pullSecretMountPath:s@20- namespace:s@11- timeout:s@11- dockerConfig:DockerConfig@11- serviceAccount:s@29- tolerations:[a@31- nodeSelector:{s@44- annotations:{s@31- labels:{s@69- runAsUser:i@29- resources:ResourceRequirements@12- concurrency:i@18- volumes:[a@25- randomPullSecret:b@25- randomDockerConfigSecret:b@25- pullSecret:s@11-30
ConfigDependency configs:[s@37- path:s@37- git:GitInfo@38- googleCloudStorage:GoogleCloudStorageInfo@64- googleCloudBuildRepoV2:GoogleCloudBuildRepoV2Info@67- activeProfiles:[ProfileDependency@37-
ContainerHook command:[s@45-
CustomArtifact buildCommand:s@14- dependencies:CustomDependencies@14-
CustomDependencies dockerfile:DockerfileDependency@14- command:s@14- paths:[s@14- ignore:[s@14-
CustomTemplateTagger template:s@32- components:[TaggerComponent@32-
CustomTest command:s@39- timeoutSeconds:i@39- dependencies:CustomTestDependencies@39-
CustomTestDependencies command:s@39- paths:[s@39- ignore:[s@39-
DateTimeTagger format:s@1- timezone:s@1-
DeployConfig docker:DockerDeploy@49- helm:HelmDeploy@-55 helm:LegacyHelmDeploy@56- kpt:KptDeploy@33- kubectl:KubectlDeploy cloudrun:CloudRunDeploy@56- statusCheck:b@42- statusCheckDeadlineSeconds:i@17- tolerateFailuresUntilDeadline:b@58- kubeContext:s@20- logs:LogsConfig@32- kustomize:KustomizeDeploy@1-55 name:s@-0
DeployHookItem host:HostHook@45- container:NamedContainerHook@45-
DeployHooks before:[DeployHookItem@45- after:[DeployHookItem@45-
DockerArtifact dockerfile:s@3- target:s@1- buildArgs:{s@1- network:s@14- addHost:[s@41- cacheFrom:[s@1- cliFlags:[s@47- pullParent:b@52- noCache:b@14- squash:b@37- secrets:[DockerSecret@49- ssh:s@36- secret:DockerSecret@34-48 dockerfilePath:s@1-2
DockerConfig path:s@7- secretName:s@7-
DockerDeploy useCompose:b@46- images:[s@46-
DockerSecret id:s@34- src:s@34- env:s@50- dst:s@34-42
DockerfileDependency path:s@14- buildArgs:{s@14-
EnvTemplateTagger template:s@1-
ExecutionEnvironment name:s@9-12 properties:{a@9-12
GitInfo repo:s@38- path:s@38- ref:s@38- sync:b@38-
GitTagger variant:s@13- prefix:s@29- ignoreChanges:b@37-
GoogleCloudBuild projectId:s diskSizeGb:i@1- machineType:s@1- timeout:s@1- logging:s@29- logStreamingOption:s@29- dockerImage:s@1- kanikoImage:s@18- mavenImage:s@7- gradleImage:s@7- packImage:s@24- koImage:s@56- bucket:s@69- concurrency:i@18- workerPool:s@32- region:s@55- platformEmulatorInstallStep:PlatformEmulatorInstallStep@56- serviceAccount:s@56-
GoogleCloudBuildRepoV2Info projectID:s@67- region:s@67- connection:s@67- repo:s@67- path:s@67- ref:s@67- sync:b@67-
GoogleCloudStorageInfo source:s@64- path:s@64- sync:b@64-
Helm flags:HelmDeployFlags@56- releases:[HelmRelease@56-
HelmConventionConfig explicitRegistry:b@17-59
HelmDeploy releases:[HelmRelease@-55 flags:HelmDeployFlags@10-55 hooks:DeployHooks@48-55
HelmDeployFlags global:[s@10- install:[s@10- upgrade:[s@10- depBuild:[s@70- template:[s@70-
HelmFQNConfig property:s@1-59
HelmImageConfig fqn:HelmFQNConfig@56-59 helm:HelmConventionConfig@56-59
HelmImageStrategy fqn:HelmFQNConfig@1-55 helm:HelmConventionConfig@1-55
HelmPackaged version:s@1- appVersion:s@1-
HelmRelease name:s chartPath:s remoteChart:s@39- valuesFiles:[s@2- namespace:s version:s setValues:{s@1-31 setValues:a@32- setValueTemplates:{s@1-31 setValueTemplates:a@32- setFiles:{s@19- createNamespace:b@34- wait:b@1- recreatePods:b@1- skipBuildDependencies:b@8- skipTests:b@58- useHelmSecrets:b@11- repo:s@39- upgradeOnChange:b@31- overrides:a@1- packaged:HelmPackaged@1- dependsOn:[s@69- artifactOverrides:{s@30-31 artifactOverrides:a@32-55 imageStrategy:HelmImageStrategy@1-55 remote:b@15-38 values:{s@-29 valuesFilePath:s@-1
HostHook command:[s@45- os:[s@45- dir:s@53-
InputDigest
JSONParseConfig fields:[s@53-
JSONPatch op:s@9- path:s@9- from:s@9- value:a@9-
JibArtifact project:s@18- args:[s@18- type:s@18- fromImage:s@35-
JibGradleArtifact project:s@3-17 args:[s@9-17
JibMavenArtifact module:s@3-17 profile:s@3-17 args:[s@9-17
KanikoArtifact cleanup:b@35- insecure:b@35- insecurePull:b@35- force:b@35- logTimestamp:b@35- reproducible:b@17- singleSnapshot:b@35- skipTLS:b@20- skipTLSVerifyPull:b@35- skipUnusedStages:b@35- useNewRun:b@35- whitelistVarRun:b@35- dockerfile:s@11- target:s@11- initImage:s@24- image:s@11- imagePullSecret:s@69- destination:[s@68- digestFile:s@35- imageFSExtractRetry:s@47- imageNameWithDigestFile:s@35- logFormat:s@35- ociLayoutPath:s@35- registryMirror:s@35- snapshotMode:s@35- pushRetry:s@46- tarPath:s@35- verbosity:s@35- insecureRegistry:[s@35- skipTLSVerifyRegistry:[s@35- env:[a@23- cache:KanikoCache@11- registryCertificate:{s@35- label:{s@35- buildArgs:{s@11- volumeMounts:[a@25- contextSubPath:s@56- ignorePaths:[s@59- copyMaxRetries:i@67- copyTimeout:s@67- buildContextCompressionLevel:i@69- noPush:b@35-61 flags:[s@11-34 buildContext:KanikoBuildContext@11-23
KanikoBuild buildContext:KanikoBuildContext@2-10 cache:KanikoCache@5-10 flags:[s@6-10 pullSecret:s@1-10 pullSecretName:s@1-10 namespace:s@1-10 timeout:s@1-10 image:s@3-10 dockerConfig:DockerConfig@7-10 gcsBucket:s@1-1
KanikoBuildContext gcsBucket:s@2-23 localDir:LocalDir@3-23
KanikoCache repo:s@5- hostPath:s@15- ttl:s@35- cacheCopyLayers:b@51- cacheRunLayers:b@69-
KoArtifact fromImage:s@50- dependencies:KoDependencies@50- dir:s@50- env:[s@50- flags:[s@52- labels:{s@50- ldflags:[s@50- main:s@50- platforms:[s@50-53 args:[s@50-51
KoDependencies paths:[s@50- ignore:[s@50-
KptApplyInventory dir:s@34-55 inventoryID:s@34-55 inventoryNamespace:s@34-55
KptApplyOptions pollPeriod:s@34-55 prunePropagationPolicy:s@34-55 pruneTimeout:s@34-55 reconcileTimeout:s@34-55
KptDeploy dir:s@33- applyFlags:[s@56- flags:[s@56- name:s@56- inventoryID:s@56- namespace:s@56- force:b@65- defaultNamespace:s@56- false:b@56-64 fn:KptFn@33-55 live:KptLive@33-55 applyDir:s@33-33
KptFn fnPath:s@33-55 image:s@33-55 networkName:s@33-55 globalScope:b@33-55 network:b@33-55 mount:[s@33-55 sinkDir:s@34-55
KptLive apply:KptLiveApply@33-33 apply:KptApplyInventory@34-55 options:KptApplyOptions@34-55 inventoryID:s@33-33 inventoryNamespace:s@33-33
KptLiveApply pollPeriod:s@33-33 prunePropagationPolicy:s@33-33 pruneTimeout:s@33-33 reconcileTimeout:s@33-33
KubectlDeploy flags:KubectlFlags@1- remoteManifests:[s@1- defaultNamespace:s@34- hooks:DeployHooks@47- manifests:[Manifest@-0 manifests:[s@1-55
KubectlFlags global:[s@1- apply:[s@1- delete:[s@1- disableValidation:b@25-
KubernetesClusterVerifier overrides:s@61- jobManifestPath:s@61-
Kustomize paths:[s@56- buildArgs:[s@56-
KustomizeDeploy paths:[s@25-55 flags:KubectlFlags@1-55 buildArgs:[s@19-55 defaultNamespace:s@34-55 hooks:DeployHooks@48-55 path:s@3-24 kustomizePath:s@1-2
LegacyHelmDeploy concurrency:i@69- releases:[HelmRelease@56- flags:HelmDeployFlags@56- hooks:DeployHooks@56-
LocalBuild push:b@3- tryImportMissing:b@34- useDockerCLI:b@1- useBuildkit:b@1- concurrency:i@24- skipPush:b@-2
LocalDir initImage:s@11-23
LocalVerifier useLocalImages:b@65-
LogsConfig prefix:s@32- jsonParse:JSONParseConfig@53-
Manifest paths:[s@-0 parameters:{s@-0
Metadata name:s@17- labels:{s@56- annotations:{s@56-
NamedContainerHook command:[s@45- podName:s@45- containerName:s@45-
PlatformEmulatorInstallStep image:s@56- args:[s@56- entrypoint:s@56-
PortForwardResource resourceType:s@16- resourceName:s@16- namespace:s@16- port:i@16-35 port:a@36- address:s@23- localPort:i@16-
PostRenderHookItem host:PostRenderHostHook@66-
PostRenderHostHook command:[s@66- os:[s@66- dir:s@66- withChange:b@66-
Profile name:s@1- activation:[Activation@8- requiresAllActivations:b@56- patches:a@8-8 patches:[JSONPatch@9- build:BuildConfig@1- test:[TestCase@3- manifests:RenderConfig@56- deploy:DeployConfig@1- portForward:[PortForwardResource@16- resourceSelector:ResourceSelectorConfig@54- verify:[VerifyTestCase@56- customActions:[Action@62-
ProfileDependency name:s@37- activatedBy:[s@37-
RemoteManifest manifest:s@58- kubeContext:s@58-
RenderConfig rawYaml:[s@56- remoteManifests:[RemoteManifest@58- kustomize:Kustomize@56- helm:Helm@56- kpt:[s@56- hooks:RenderHooks@56- transform:a@56- validate:a@56- output:s@56-
RenderHookItem host:HostHook@56-
RenderHooks before:[RenderHookItem@56- after:[RenderHookItem@56-65 after:[PostRenderHookItem@66-
ResourceFilter groupKind:s@54- image:[s@49- labels:[s@49- podSpec:[s@56- type:s@49-53
ResourceRequirement cpu:s@12- memory:s@12- ephemeralStorage:s@21- resourceStorage:s@21-
ResourceRequirements requests:ResourceRequirement@12- limits:ResourceRequirement@12-
ResourceSelectorConfig allow:[ResourceFilter@54- deny:[ResourceFilter@54-
ShaTagger
SkaffoldConfig apiVersion:s kind:s metadata:Metadata@17- requires:[ConfigDependency@37- build:BuildConfig test:[TestCase@3- manifests:RenderConfig@56- deploy:DeployConfig portForward:[PortForwardResource@16- resourceSelector:ResourceSelectorConfig@54- verify:[VerifyTestCase@56- customActions:[Action@62- profiles:[Profile@1-
Sync manual:[SyncRule@14- infer:[s@17- auto:Auto@27-34 auto:b@35- hooks:SyncHooks@46-
SyncHookItem host:HostHook@45- container:ContainerHook@45-
SyncHooks before:[SyncHookItem@45- after:[SyncHookItem@45-
SyncRule src:s@14- dest:s@14- strip:s@14-
TagPolicy gitCommit:GitTagger@1- sha256:ShaTagger@1- envTemplate:EnvTemplateTagger@1- dateTime:DateTimeTagger@1- customTemplate:CustomTemplateTagger@32- inputDigest:InputDigest@40-
TaggerComponent name:s@32- gitCommit:GitTagger@32- sha256:ShaTagger@32- envTemplate:EnvTemplateTagger@32- dateTime:DateTimeTagger@32- customTemplate:CustomTemplateTagger@32- inputDigest:InputDigest@40-
TestCase image:s@3- context:s@40- custom:[CustomTest@39- structureTests:[s@3- structureTestsArgs:[s@44-
Transformer name:s@56- configMap:[s@56-
Validator name:s@56- configMap:[s@56-
VerifyContainer name:s@61- image:s@61- command:[s@61- args:[s@61- env:[VerifyEnvVar@69-
VerifyEnvVar name:s@69- value:s@69-
VerifyExecutionModeConfig local:LocalVerifier@61- kubernetesCluster:KubernetesClusterVerifier@61-
VerifyTestCase name:s@56- timeout:i@63- container:a@56-60 container:VerifyContainer@61- executionMode:VerifyExecutionModeConfig@61-`
