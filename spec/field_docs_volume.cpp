// SPDX-License-Identifier: Apache-2.0
// Volumes: what they are made from.
#include "spec/field_docs.hpp"

namespace spec {

namespace {

constexpr FieldDoc volume[] = {
    {"awsElasticBlockStore", "A disk of AWS.", {}, "AWSElasticBlockStoreVolumeSource"},
    {"azureDisk", "A disk of Azure.", {}, "AzureDiskVolumeSource"},
    {"azureFile", "A file share of Azure.", {}, "AzureFileVolumeSource"},
    {"cephfs", "A Ceph file system.", {}, "CephFSVolumeSource"},
    {"cinder", "A disk of OpenStack.", {}, "CinderVolumeSource"},
    {"configMap", "The keys of a ConfigMap as files. They change when the ConfigMap does."},
    {"csi", "A volume of a storage driver.", {}, "CSIVolumeSource"},
    {"downwardAPI", "What the pod is called, labelled and limited to, as files."},
    {"emptyDir", "A directory that is empty when the pod starts and goes away with it."},
    {"ephemeral", "A volume that a claim makes for this pod alone.", {}, "EphemeralVolumeSource"},
    {"fc", "A Fibre Channel disk.", {}, "FCVolumeSource"},
    {"flexVolume", "A volume of an old-style storage driver.", {}, "FlexVolumeSource"},
    {"flocker", "A Flocker volume.", {}, "FlockerVolumeSource"},
    {"gcePersistentDisk", "A disk of Google Compute Engine.", {}, "GCEPersistentDiskVolumeSource"},
    {"gitRepo", "A git repository, cloned into an empty directory.", {}, "GitRepoVolumeSource"},
    {"glusterfs", "A Gluster file system.", {}, "GlusterfsVolumeSource"},
    {"hostPath", "A file or directory of the machine."},
    {"image", "The content of an image, read-only.", {}, "ImageVolumeSource"},
    {"iscsi", "An iSCSI disk.", {}, "ISCSIVolumeSource"},
    {"name", "The volume's name, unique in the pod: letters in lower case, digits and '-', at most 63."},
    {"nfs", "A directory of an NFS server.", {}, "NFSVolumeSource"},
    {"persistentVolumeClaim",
     "A volume that a claim of the namespace is bound to.",
     {},
     "PersistentVolumeClaimVolumeSource"},
    {"photonPersistentDisk", "A disk of Photon Controller.", {}, "PhotonPersistentDiskVolumeSource"},
    {"portworxVolume", "A Portworx volume.", {}, "PortworxVolumeSource"},
    {"projected", "Several sources in one directory."},
    {"quobyte", "A Quobyte volume.", {}, "QuobyteVolumeSource"},
    {"rbd", "A Ceph block device.", {}, "RBDVolumeSource"},
    {"scaleIO", "A ScaleIO volume.", {}, "ScaleIOVolumeSource"},
    {"secret", "The keys of a Secret as files, in memory. They change when the Secret does."},
    {"storageos", "A StorageOS volume.", {}, "StorageOSVolumeSource"},
    {"vsphereVolume", "A disk of vSphere.", {}, "VsphereVirtualDiskVolumeSource"},
};

constexpr FieldDoc host_path[] = {
    {"path", "The path on the machine. A link is followed."},
    {"type",
     "What must be there: Directory, File, Socket, CharDevice or BlockDevice; DirectoryOrCreate and FileOrCreate "
     "make it when it is missing. Empty asks for nothing.",
     "\"\""},
};

constexpr FieldDoc empty_dir[] = {
    {"medium", "Where it lies: on disk (empty), in Memory, or in HugePages.", "\"\""},
    {"mode", "The permissions of the directory.", {}, "integer"},
    {"sizeLimit", "The most that it may hold: 64Mi."},
};

constexpr FieldDoc config_map_volume[] = {
    {"defaultMode", "The permissions of the files, 0 to 0777 (511 in JSON, which has no octal numbers).", "0644"},
    {"defaultUser", "The owner of the files.", {}, "integer"},
    {"items",
     "Which keys become files, and under which path. An item whose key is not there is an error, unless the "
     "volume is optional.",
     "every key, under its own name"},
    {"name", "The name of the ConfigMap, in the pod's namespace."},
    {"optional", "Whether the pod starts when the ConfigMap or a key is not there.", "false"},
};

constexpr FieldDoc secret_volume[] = {
    {"defaultMode", "The permissions of the files, 0 to 0777 (511 in JSON, which has no octal numbers).", "0644"},
    {"defaultUser", "The owner of the files.", {}, "integer"},
    {"items", "Which keys become files, and under which path.", "every key, under its own name"},
    {"optional", "Whether the pod starts when the Secret or a key is not there.", "false"},
    {"secretName", "The name of the Secret, in the pod's namespace."},
};

constexpr FieldDoc object_projection[] = {
    {"items", "Which keys become files, and under which path.", "every key, under its own name"},
    {"name", "The name of the object, in the pod's namespace."},
    {"optional", "Whether the pod starts when the object or a key is not there.", "false"},
};

constexpr FieldDoc key_to_path[] = {
    {"key", "The key."},
    {"mode", "The permissions of this file.", "the volume's defaultMode"},
    {"path", "The file's path in the volume, relative and without '..'."},
    {"user", "The owner of this file.", {}, "integer"},
};

constexpr FieldDoc downward_volume[] = {
    {"defaultMode", "The permissions of the files, 0 to 0777.", "0644"},
    {"defaultUser", "The owner of the files.", {}, "integer"},
    {"items", "The files."},
};

constexpr FieldDoc downward_projection[] = {
    {"items", "The files."},
};

constexpr FieldDoc downward_file[] = {
    {"fieldRef", "A field of the pod: metadata.name, metadata.namespace, metadata.uid, metadata.labels or "
                 "metadata.annotations (all of them, or one as metadata.labels['KEY'])."},
    {"mode", "The permissions of this file.", "the volume's defaultMode"},
    {"path", "The file's path in the volume, relative and without '..'."},
    {"resourceFieldRef", "A limit or request of a container of the pod."},
    {"user", "The owner of this file.", {}, "integer"},
};

constexpr FieldDoc projected_volume[] = {
    {"defaultMode", "The permissions of the files, 0 to 0777.", "0644"},
    {"defaultUser", "The owner of the files.", {}, "integer"},
    {"sources", "What the directory is made from."},
};

constexpr FieldDoc volume_projection[] = {
    {"clusterTrustBundle", "Certificates of a cluster's authorities.", {}, "ClusterTrustBundleProjection"},
    {"configMap", "The keys of a ConfigMap."},
    {"downwardAPI", "What the pod is called, labelled and limited to."},
    {"podCertificate", "A certificate that a cluster gives the pod.", {}, "PodCertificateProjection"},
    {"secret", "The keys of a Secret."},
    {"serviceAccountToken", "A token by which the pod talks to the API server.", {}, "ServiceAccountTokenProjection"},
};

constexpr TypeDoc types[] = {
    {"Volume",
     "A directory or file that containers may mount: a name, and at most one source. Without a source it is an "
     "emptyDir.",
     volume},
    {"HostPathVolumeSource", "A file or directory of the machine.", host_path},
    {"EmptyDirVolumeSource", "A directory that lives as long as its pod.", empty_dir},
    {"ConfigMapVolumeSource", "The keys of a ConfigMap as files.", config_map_volume},
    {"SecretVolumeSource", "The keys of a Secret as files.", secret_volume},
    {"ConfigMapProjection", "The keys of a ConfigMap as files.", object_projection},
    {"SecretProjection", "The keys of a Secret as files.", object_projection},
    {"KeyToPath", "A key that becomes a file.", key_to_path},
    {"DownwardAPIVolumeSource", "Files about the pod itself.", downward_volume},
    {"DownwardAPIProjection", "Files about the pod itself.", downward_projection},
    {"DownwardAPIVolumeFile", "A file about the pod itself: exactly one of fieldRef and resourceFieldRef.",
     downward_file},
    {"ProjectedVolumeSource", "Several sources in one directory.", projected_volume},
    {"VolumeProjection", "A part of a projected volume: exactly one of these.", volume_projection},
};

} // namespace

const std::span<const TypeDoc> volume_docs = types;

} // namespace spec
