// SPDX-License-Identifier: Apache-2.0
// The pod itself, its metadata, its security, its names and addresses.
#include "spec/field_docs.hpp"

namespace spec {

namespace {

constexpr FieldDoc pod[] = {
    {"apiVersion", "The version of the API that this object is written in: v1.", {}, "string"},
    {"kind", "The kind of this object: Pod.", {}, "string"},
    {"metadata", "The pod's name, namespace, labels and annotations."},
    {"spec", "What is to run, and how."},
    {"status", "What podinit has seen of the pod. Written by podinit, never by a manifest.", {}, "PodStatus"},
};

constexpr FieldDoc object_meta[] = {
    {"annotations", "Free text by key, for tools and people. Keys that begin with podinit/ are extensions of podinit."},
    {"creationTimestamp", "When podinit first read this object."},
    {"deletionGracePeriodSeconds",
     "How long an object that is being deleted still has. Set by the server.",
     {},
     "integer"},
    {"deletionTimestamp", "When an object that is being deleted will be gone. Set by the server.", {}, "string"},
    {"finalizers", "Names of those who must agree before the object goes away."},
    {"generateName", "The beginning of a name that the server completes."},
    {"generation", "Counts the versions of the spec. Set by the server.", {}, "integer"},
    {"labels", "Short values by key that selectors such as podctl get -l choose objects by."},
    {"managedFields", "Who set which field. Set by the server.", {}, "[]ManagedFieldsEntry"},
    {"name",
     "The name of the object, unique for its kind in the namespace: letters in lower case, digits, '-' and '.', "
     "at most 253 characters. It is kept as written."},
    {"namespace",
     "A part of the object's identity. Pods see ConfigMaps and Secrets of their own namespace only; it "
     "isolates nothing else.",
     "default"},
    {"ownerReferences", "The objects that this one goes away with. podinit writes them into the pods of a workload."},
    {"resourceVersion", "Tells one stored version of an object from another. Set by the server.", {}, "string"},
    {"selfLink", "A URL of the object in old clusters. Set by the server.", {}, "string"},
    {"uid", "Tells this object from every other one, also from an earlier one of the same name.",
     "made from the object itself"},
};

constexpr FieldDoc owner_reference[] = {
    {"apiVersion", "The owner's API version."},
    {"blockOwnerDeletion", "Whether the owner stays until this object is gone."},
    {"controller", "Whether this owner is the one that manages the object."},
    {"kind", "The owner's kind."},
    {"name", "The owner's name."},
    {"uid", "The owner's uid."},
};

constexpr FieldDoc pod_spec[] = {
    {"activeDeadlineSeconds", "The pod fails, and its containers are stopped, this many seconds after its start."},
    {"affinity", "Rules about the nodes and the other pods that this pod is to be placed with or kept from."},
    {"automountServiceAccountToken", "Whether the token of the service account is mounted into the containers."},
    {"containers", "The containers that run together, at least one. They share the pod's network and volumes."},
    {"dnsConfig",
     "Name servers, search domains and options for the containers' resolv.conf, beside those of dnsPolicy."},
    {"dnsPolicy",
     "Where the containers' resolv.conf comes from. Default is the machine's own; None is dnsConfig alone. A "
     "machine without a cluster has no cluster DNS, so ClusterFirst means the same as Default.",
     "ClusterFirst"},
    {"enableServiceLinks", "Whether the containers get environment variables for each Service of the namespace.",
     "true"},
    {"ephemeralContainers", "Containers that are added to a running pod to look into it.", {}, "[]EphemeralContainer"},
    {"evictionResponders", "Those who are asked when the pod is to be evicted.", {}, "[]EvictionResponder"},
    {"hostAliases", "Lines that are added to the containers' /etc/hosts."},
    {"hostIPC", "Whether the pod uses the machine's System V IPC and POSIX message queues instead of its own.",
     "false"},
    {"hostNetwork",
     "Whether the pod uses the machine's network: its interfaces, addresses and ports. Otherwise it has a "
     "network of its own.",
     "false"},
    {"hostPID", "Whether the containers see, and may signal, all processes of the machine.", "false"},
    {"hostUsers", "False asks for a user namespace: root in the pod is nobody on the machine.", "true"},
    {"hostname", "The host name inside the pod, at most 63 characters.", "the pod's name"},
    {"hostnameOverride",
     "The host name inside the pod as it stands, at most 64 characters; unlike hostname it may have "
     "dots."},
    {"imagePullSecrets", "Secrets with credentials for registries.", {}, "[]LocalObjectReference"},
    {"initContainers", "Containers that run to their end one after the other before the others start. One whose "
                       "restartPolicy is Always goes on beside them (a sidecar)."},
    {"nodeName", "The node that the pod is bound to."},
    {"nodeSelector", "Labels that the pod's node must have."},
    {"os", "The operating system that the pod is made for."},
    {"overhead", "Resources that the pod takes beside those of its containers."},
    {"preemptionPolicy", "Whether other pods may be removed to make room for this one.", "PreemptLowerPriority"},
    {"priority", "How important the pod is beside others: higher ones start first and are stopped last. Set by "
                 "priorityClassName in a cluster."},
    {"priorityClassName", "The class that gives the priority. There are two, system-node-critical (2000001000) and "
                          "system-cluster-critical (2000000000)."},
    {"readinessGates", "Conditions, set by others, that must hold before the pod counts as ready."},
    {"resourceClaims", "Devices that the pod asks for by dynamic resource allocation.", {}, "[]PodResourceClaim"},
    {"resources", "What all containers of the pod together may use, and what is set aside for them: cpu, memory and "
                  "hugepages."},
    {"restartPolicy",
     "Whether a container that has ended is started again: Always, OnFailure (its exit code was not 0) or "
     "Never. Restarts are spaced out: 10 s, 20 s, 40 s, up to five minutes.",
     "Always"},
    {"runtimeClassName", "The container runtime that is to run the pod.", {}, "string"},
    {"schedulerName", "The scheduler that places the pod.", "default-scheduler"},
    {"schedulingGates", "Names that must be removed before the pod is placed.", {}, "[]PodSchedulingGate"},
    {"schedulingGroup", "The group of pods that this one is placed together with."},
    {"securityContext", "Users, groups and confinement of all containers; a container's own securityContext wins."},
    {"serviceAccount", "The old name of serviceAccountName."},
    {"serviceAccountName", "The account by which the pod talks to the API server."},
    {"setHostnameAsFQDN",
     "Whether the host name inside the pod is the whole domain name (of hostname, subdomain and "
     "namespace) instead of its first part.",
     "false"},
    {"shareProcessNamespace", "Whether the containers see, and may signal, each other's processes.", "false"},
    {"subdomain", "The middle part of the pod's domain name: HOSTNAME.SUBDOMAIN.NAMESPACE.svc.DOMAIN."},
    {"terminationGracePeriodSeconds",
     "How long the containers have to end after their stop signal, before they are "
     "killed. 0 kills at once.",
     "30"},
    {"tolerations", "Taints of nodes that the pod does not mind."},
    {"topologySpreadConstraints", "How pods of a kind are spread over zones and nodes."},
    {"volumes", "Directories and files that the containers may mount."},
};

constexpr FieldDoc pod_security_context[] = {
    {"appArmorProfile", "The AppArmor profile of the containers."},
    {"fsGroup", "A group that every process of the pod belongs to, and that owns the pod's emptyDir and projected "
                "volumes."},
    {"fsGroupChangePolicy", "Whether a volume's owner is changed always, or only when its root directory's is wrong."},
    {"runAsGroup", "The group id of the containers' processes.", "the image's"},
    {"runAsNonRoot", "True: a container that would run as user 0 is not started."},
    {"runAsUser", "The user id of the containers' processes.", "the image's"},
    {"seLinuxChangePolicy", "How the SELinux label of a volume is changed."},
    {"seLinuxOptions", "The SELinux label of the containers."},
    {"seccompProfile", "The system calls that the containers may make."},
    {"supplementalGroups", "More group ids of every process of the pod."},
    {"supplementalGroupsPolicy",
     "Whether the groups that the image's /etc/group lists for the user are added (Merge) or "
     "not (Strict).",
     "Merge"},
    {"sysctls", "Kernel settings of the pod's own namespaces."},
    {"windowsOptions", "Settings of pods on Windows.", {}, "WindowsSecurityContextOptions"},
};

constexpr FieldDoc sysctl[] = {
    {"name", "The setting's name, with dots or slashes: net.ipv4.ip_unprivileged_port_start."},
    {"value", "What it is set to."},
};

constexpr FieldDoc host_alias[] = {
    {"hostnames", "The names of that address."},
    {"ip", "The address."},
};

constexpr FieldDoc pod_dns_config[] = {
    {"nameservers", "IP addresses of name servers, at most 3."},
    {"options", "Options of the resolver."},
    {"searches", "Domains that short names are looked up in, at most 32."},
};

constexpr FieldDoc pod_dns_config_option[] = {
    {"name", "The option's name, such as ndots."},
    {"value", "Its value, when it takes one."},
};

constexpr FieldDoc pod_readiness_gate[] = {
    {"conditionType", "The type of the condition that must be True."},
};

constexpr FieldDoc pod_os[] = {
    {"name", "linux, or windows, which does not run here."},
};

constexpr TypeDoc types[] = {
    {"Pod", "Containers that run together on this machine and are started, stopped and shown as one.", pod},
    {"ObjectMeta", "What every object has: its identity, and what others attach to it.", object_meta},
    {"OwnerReference", "An object that another one belongs to.", owner_reference},
    {"PodSpec", "What a pod runs, and how.", pod_spec},
    {"PodSecurityContext", "Users, groups and confinement of all containers of a pod.", pod_security_context},
    {"Sysctl", "A kernel setting.", sysctl},
    {"HostAlias", "A line of /etc/hosts.", host_alias},
    {"PodDNSConfig", "What is added to resolv.conf.", pod_dns_config},
    {"PodDNSConfigOption", "An option of the resolver.", pod_dns_config_option},
    {"PodReadinessGate", "A condition of the pod that others set.", pod_readiness_gate},
    {"PodOS", "An operating system.", pod_os},
};

} // namespace

const std::span<const TypeDoc> pod_docs = types;

} // namespace spec
