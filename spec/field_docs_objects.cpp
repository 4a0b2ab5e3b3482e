// SPDX-License-Identifier: Apache-2.0
// The kinds beside Pod: local data and workloads.
#include "spec/field_docs.hpp"

namespace spec {

namespace {

constexpr FieldDoc config_map[] = {
    {"apiVersion", "The version of the API that this object is written in: v1."},
    {"binaryData", "Bytes by key, in base64. No key may also be in data."},
    {"data", "Text by key: letters, digits, '-', '_' and '.'."},
    {"immutable", "True: its data cannot be changed, only deleted with the object.", "false"},
    {"kind", "The kind of this object: ConfigMap."},
    {"metadata", "The object's name, namespace, labels and annotations."},
};

constexpr FieldDoc secret[] = {
    {"apiVersion", "The version of the API that this object is written in: v1."},
    {"data", "Bytes by key, in base64."},
    {"immutable", "True: its data cannot be changed, only deleted with the object.", "false"},
    {"kind", "The kind of this object: Secret."},
    {"metadata", "The object's name, namespace, labels and annotations."},
    {"stringData", "Text by key, taken into data when the object is read; wins over a key of data."},
    {"type", "Which keys the data must have; kubernetes.io/tls needs tls.crt and tls.key.", "Opaque"},
};

constexpr FieldDoc daemon_set[] = {
    {"apiVersion", "The version of the API that this object is written in: apps/v1."},
    {"kind", "The kind of this object: DaemonSet."},
    {"metadata", "The object's name, namespace, labels and annotations."},
    {"spec", "The pod that runs, and how it is replaced."},
    {"status", "What became of its pod. Written by podinit.", {}, "DaemonSetStatus"},
};

constexpr FieldDoc deployment[] = {
    {"apiVersion", "The version of the API that this object is written in: apps/v1."},
    {"kind", "The kind of this object: Deployment."},
    {"metadata", "The object's name, namespace, labels and annotations."},
    {"spec", "The pods that run, how many, and how they are replaced."},
    {"status", "What became of its pods. Written by podinit.", {}, "DeploymentStatus"},
};

constexpr FieldDoc stateful_set[] = {
    {"apiVersion", "The version of the API that this object is written in: apps/v1."},
    {"kind", "The kind of this object: StatefulSet."},
    {"metadata", "The object's name, namespace, labels and annotations."},
    {"spec", "The pods that run, how many, and how they are replaced."},
    {"status", "What became of its pods. Written by podinit.", {}, "StatefulSetStatus"},
};

constexpr FieldDoc daemon_set_spec[] = {
    {"minReadySeconds", "How long a new pod must be ready before it counts as available.", "0"},
    {"revisionHistoryLimit", "How many old versions are kept to go back to.", "10"},
    {"selector", "The labels of the pods that belong to it. The template's labels must fit."},
    {"template", "The pod that runs."},
    {"updateStrategy", "How its pod is replaced when the template changes."},
};

constexpr FieldDoc deployment_spec[] = {
    {"minReadySeconds", "How long a new pod must be ready before it counts as available.", "0"},
    {"paused", "Whether changes of the template wait until this is false again.", "false"},
    {"progressDeadlineSeconds", "After how many seconds an update that makes no progress has failed.", "600"},
    {"replicas", "How many pods run, all of them on this machine.", "1"},
    {"revisionHistoryLimit", "How many old versions are kept to go back to.", "10"},
    {"selector", "The labels of the pods that belong to it. The template's labels must fit."},
    {"strategy", "How its pods are replaced when the template changes."},
    {"template", "The pod of which there are replicas."},
};

constexpr FieldDoc stateful_set_spec[] = {
    {"minReadySeconds", "How long a new pod must be ready before it counts as available.", "0"},
    {"ordinals", "How the pods are numbered."},
    {"persistentVolumeClaimRetentionPolicy", "What becomes of the claims of pods that go away."},
    {"podManagementPolicy",
     "Whether the pods are started and stopped one by one (OrderedReady) or at once (Parallel). Here "
     "it is always at once.",
     "OrderedReady"},
    {"replicas", "How many pods run, all of them on this machine: NAME-0, NAME-1, ...", "1"},
    {"revisionHistoryLimit", "How many old versions are kept to go back to.", "10"},
    {"selector", "The labels of the pods that belong to it. The template's labels must fit."},
    {"serviceName", "The Service that names the pods; it becomes their subdomain."},
    {"template", "The pod of which there are replicas."},
    {"updateStrategy", "How its pods are replaced when the template changes."},
    {"volumeClaimTemplates", "Claims that are made for each pod.", {}, "[]PersistentVolumeClaim"},
};

constexpr FieldDoc pod_template[] = {
    {"metadata", "Labels and annotations of the pods."},
    {"spec", "What the pods run, and how."},
};

constexpr FieldDoc rolling_update[] = {
    {"maxSurge", "How many pods more than wanted there may be during an update: a number or a percentage."},
    {"maxUnavailable", "How many pods may be away during an update: a number or a percentage."},
};

constexpr FieldDoc rolling_update_stateful_set[] = {
    {"maxUnavailable", "How many pods may be away during an update: a number or a percentage."},
    {"partition", "Only pods with this number or a higher one are replaced."},
};

constexpr FieldDoc strategy[] = {
    {"rollingUpdate", "How many pods are replaced at a time."},
    {"type",
     "Whether pods are replaced a few at a time (RollingUpdate), all at once (Recreate, of a Deployment), or when "
     "they are deleted (OnDelete, of the others).",
     "RollingUpdate"},
};

constexpr FieldDoc ordinals[] = {
    {"start", "The number of the first pod.", "0"},
};

constexpr FieldDoc retention[] = {
    {"whenDeleted", "Whether claims are kept (Retain) or deleted (Delete) when the StatefulSet is.", "Retain"},
    {"whenScaled", "Whether claims are kept (Retain) or deleted (Delete) when there are fewer replicas.", "Retain"},
};

constexpr TypeDoc types[] = {
    {"ConfigMap", "Text and bytes by key, kept on this machine, that pods take as files or environment variables.",
     config_map},
    {"Secret",
     "As a ConfigMap, for what not everybody may read: its file has mode 0600, and it is never shown to those "
     "who may only look.",
     secret},
    {"DaemonSet", "One pod on every machine: here, one.", daemon_set},
    {"Deployment", "A number of equal pods.", deployment},
    {"StatefulSet", "A number of pods with names and numbers of their own.", stateful_set},
    {"DaemonSetSpec", "The pod of a DaemonSet.", daemon_set_spec},
    {"DeploymentSpec", "The pods of a Deployment.", deployment_spec},
    {"StatefulSetSpec", "The pods of a StatefulSet.", stateful_set_spec},
    {"PodTemplateSpec", "A pod without a name.", pod_template},
    {"DaemonSetUpdateStrategy", "How a DaemonSet's pod is replaced.", strategy},
    {"DeploymentStrategy", "How a Deployment's pods are replaced.", strategy},
    {"StatefulSetUpdateStrategy", "How a StatefulSet's pods are replaced.", strategy},
    {"RollingUpdateDaemonSet", "A replacement a few pods at a time.", rolling_update},
    {"RollingUpdateDeployment", "A replacement a few pods at a time.", rolling_update},
    {"RollingUpdateStatefulSetStrategy", "A replacement a few pods at a time.", rolling_update_stateful_set},
    {"StatefulSetOrdinals", "How a StatefulSet's pods are numbered.", ordinals},
    {"StatefulSetPersistentVolumeClaimRetentionPolicy", "What becomes of claims.", retention},
};

} // namespace

const std::span<const TypeDoc> object_docs = types;

} // namespace spec
