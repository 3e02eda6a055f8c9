/**
 * The resources that the API server offers, in the order of discovery: `# group/version`, then one resource a line:
 * plural, kind, `cluster` if not namespaced, short names, categories, subresources, verbs if not all of them.
 */
export const resourceTable = `
# v1
bindings|Binding|||||create
componentstatuses|ComponentStatus|cluster|cs|||get,list
configmaps|ConfigMap||cm
endpoints|Endpoints||ep
events|Event||ev
limitranges|LimitRange||limits
namespaces|Namespace|cluster|ns||finalize,status|create,delete,get,list,patch,update,watch
nodes|Node|cluster|no||proxy,status
persistentvolumeclaims|PersistentVolumeClaim||pvc||status
persistentvolumes|PersistentVolume|cluster|pv||status
pods|Pod||po|all|attach,binding,ephemeralcontainers,eviction,exec,log,portforward,proxy,resize,status
podtemplates|PodTemplate
replicationcontrollers|ReplicationController||rc|all|scale,status
resourcequotas|ResourceQuota||quota||status
secrets|Secret
serviceaccounts|ServiceAccount||sa||token
services|Service||svc|all|proxy,status
# apiregistration.k8s.io/v1
apiservices|APIService|cluster||api-extensions|status
# apps/v1
controllerrevisions|ControllerRevision
daemonsets|DaemonSet||ds|all|status
deployments|Deployment||deploy|all|scale,status
replicasets|ReplicaSet||rs|all|scale,status
statefulsets|StatefulSet||sts|all|scale,status
# events.k8s.io/v1
events|Event||ev
# authentication.k8s.io/v1
selfsubjectreviews|SelfSubjectReview|cluster||||create
tokenreviews|TokenReview|cluster||||create
# authorization.k8s.io/v1
localsubjectaccessreviews|LocalSubjectAccessReview|||||create
selfsubjectaccessreviews|SelfSubjectAccessReview|cluster||||create
selfsubjectrulesreviews|SelfSubjectRulesReview|cluster||||create
subjectaccessreviews|SubjectAccessReview|cluster||||create
# autoscaling/v2
horizontalpodautoscalers|HorizontalPodAutoscaler||hpa|all|status
# batch/v1
cronjobs|CronJob||cj|all|status
jobs|Job|||all|status
# certificates.k8s.io/v1
certificatesigningrequests|CertificateSigningRequest|cluster|csr||approval,status
# networking.k8s.io/v1
ingressclasses|IngressClass|cluster
ingresses|Ingress||ing||status
ipaddresses|IPAddress|cluster|ip
networkpolicies|NetworkPolicy||netpol
servicecidrs|ServiceCIDR|cluster|||status
# policy/v1
poddisruptionbudgets|PodDisruptionBudget||pdb||status
# rbac.authorization.k8s.io/v1
clusterrolebindings|ClusterRoleBinding|cluster
clusterroles|ClusterRole|cluster
rolebindings|RoleBinding
roles|Role
# storage.k8s.io/v1
csidrivers|CSIDriver|cluster
csinodes|CSINode|cluster
csistoragecapacities|CSIStorageCapacity
storageclasses|StorageClass|cluster|sc
volumeattachments|VolumeAttachment|cluster|||status
volumeattributesclasses|VolumeAttributesClass|cluster|vac
# admissionregistration.k8s.io/v1
mutatingadmissionpolicies|MutatingAdmissionPolicy|cluster||api-extensions
mutatingadmissionpolicybindings|MutatingAdmissionPolicyBinding|cluster||api-extensions
mutatingwebhookconfigurations|MutatingWebhookConfiguration|cluster||api-extensions
validatingadmissionpolicies|ValidatingAdmissionPolicy|cluster||api-extensions|status
validatingadmissionpolicybindings|ValidatingAdmissionPolicyBinding|cluster||api-extensions
validatingwebhookconfigurations|ValidatingWebhookConfiguration|cluster||api-extensions
# apiextensions.k8s.io/v1
customresourcedefinitions|CustomResourceDefinition|cluster|crd,crds|api-extensions|status
# scheduling.k8s.io/v1
priorityclasses|PriorityClass|cluster|pc
# coordination.k8s.io/v1
leases|Lease
# node.k8s.io/v1
runtimeclasses|RuntimeClass|cluster
# discovery.k8s.io/v1
endpointslices|EndpointSlice
# resource.k8s.io/v1
deviceclasses|DeviceClass|cluster
resourceclaims|ResourceClaim||||status
resourceclaimtemplates|ResourceClaimTemplate
resourceslices|ResourceSlice|cluster
# flowcontrol.apiserver.k8s.io/v1
flowschemas|FlowSchema|cluster|||status
prioritylevelconfigurations|PriorityLevelConfiguration|cluster|||status
`
