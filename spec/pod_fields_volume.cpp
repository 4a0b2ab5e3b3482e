// SPDX-License-Identifier: Apache-2.0
// The rows of Volume and of what lies below it.
#include "spec/pod_tables.hpp"

namespace spec::fields {

namespace {

constexpr std::string_view use_host_path =
    "no storage is attached here; mount it on the machine and name it as a hostPath";
constexpr std::string_view no_tokens = "there is no API server to sign it; a Secret holds what a program needs";

} // namespace

template <>
inline constexpr auto names_of<HostPathType> = std::array<std::string_view, 8>{
    "", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"};

template <>
inline constexpr std::string_view name_of<HostPathVolume> = "HostPathVolumeSource";
template <>
inline constexpr auto rows_of<HostPathVolume> = std::array{
    required<&HostPathVolume::path>("path"),
    field<&HostPathVolume::type>("type"),
};

template <>
inline constexpr std::string_view name_of<EmptyDirVolume> = "EmptyDirVolumeSource";
template <>
inline constexpr auto rows_of<EmptyDirVolume> = std::array{
    field<&EmptyDirVolume::medium>("medium"),
    unsupported("mode", not_yet_in_api),
    field<&EmptyDirVolume::size_limit>("sizeLimit", &quantity_type),
};

template <>
inline constexpr std::string_view name_of<KeyToPath> = "KeyToPath";
template <>
inline constexpr auto rows_of<KeyToPath> = std::array{
    required<&KeyToPath::key>("key"),
    field<&KeyToPath::mode>("mode"),
    required<&KeyToPath::path>("path"),
    unsupported("user", not_yet_in_api),
};

template <>
inline constexpr std::string_view name_of<DownwardFile> = "DownwardAPIVolumeFile";
template <>
inline constexpr auto rows_of<DownwardFile> = std::array{
    field<&DownwardFile::field_ref>("fieldRef"), field<&DownwardFile::mode>("mode"),
    required<&DownwardFile::path>("path"),       field<&DownwardFile::resource_field_ref>("resourceFieldRef"),
    unsupported("user", not_yet_in_api),
};

// One struct of ours is four of the API: as a volume or as the source of a projected one, of a ConfigMap or of a
// Secret.
namespace {

constexpr auto config_map_rows = std::array{
    field<&ObjectVolume::default_mode>("defaultMode"),
    unsupported("defaultUser", not_yet_in_api),
    field<&ObjectVolume::items>("items"),
    required<&ObjectVolume::name>("name"),
    field<&ObjectVolume::optional>("optional"),
};
constexpr auto secret_rows = std::array{
    field<&ObjectVolume::default_mode>("defaultMode"),
    unsupported("defaultUser", not_yet_in_api),
    field<&ObjectVolume::items>("items"),
    field<&ObjectVolume::optional>("optional"),
    required<&ObjectVolume::name>("secretName"),
};
constexpr auto downward_rows = std::array{
    field<&DownwardVolume::default_mode>("defaultMode"),
    unsupported("defaultUser", not_yet_in_api),
    field<&DownwardVolume::items>("items"),
};
constexpr auto object_projection_rows = std::array{
    field<&ObjectVolume::items>("items"),
    required<&ObjectVolume::name>("name"),
    field<&ObjectVolume::optional>("optional"),
};
constexpr auto downward_projection_rows = std::array{field<&DownwardVolume::items>("items")};

constexpr Type config_map_volume = make_struct_type("ConfigMapVolumeSource", config_map_rows);
constexpr Type secret_volume = make_struct_type("SecretVolumeSource", secret_rows);
constexpr Type downward_volume = make_struct_type("DownwardAPIVolumeSource", downward_rows);
constexpr Type config_map_projection = make_struct_type("ConfigMapProjection", object_projection_rows);
constexpr Type secret_projection = make_struct_type("SecretProjection", object_projection_rows);
constexpr Type downward_projection = make_struct_type("DownwardAPIProjection", downward_projection_rows);

constexpr Type boxed_config_map = make_optional_type<Box<ObjectVolume>>(&config_map_volume);
constexpr Type boxed_secret = make_optional_type<Box<ObjectVolume>>(&secret_volume);
constexpr Type boxed_downward = make_optional_type<Box<DownwardVolume>>(&downward_volume);
constexpr Type projected_config_map = make_optional_type<std::optional<ObjectVolume>>(&config_map_projection);
constexpr Type projected_secret = make_optional_type<std::optional<ObjectVolume>>(&secret_projection);
constexpr Type projected_downward = make_optional_type<std::optional<DownwardVolume>>(&downward_projection);

} // namespace

template <>
inline constexpr std::string_view name_of<VolumeProjection> = "VolumeProjection";
template <>
inline constexpr auto rows_of<VolumeProjection> = std::array{
    refused("clusterTrustBundle", "there is no API server that has one; a ConfigMap holds the certificates"),
    field<&VolumeProjection::config_map>("configMap", &projected_config_map),
    field<&VolumeProjection::downward_api>("downwardAPI", &projected_downward),
    refused("podCertificate", no_tokens),
    field<&VolumeProjection::secret>("secret", &projected_secret),
    refused("serviceAccountToken", no_tokens),
};

template <>
inline constexpr std::string_view name_of<ProjectedVolume> = "ProjectedVolumeSource";
template <>
inline constexpr auto rows_of<ProjectedVolume> = std::array{
    field<&ProjectedVolume::default_mode>("defaultMode"),
    unsupported("defaultUser", not_yet_in_api),
    field<&ProjectedVolume::sources>("sources"),
};

template <>
inline constexpr std::string_view name_of<Volume> = "Volume";
template <>
inline constexpr auto rows_of<Volume> = std::array{
    refused("awsElasticBlockStore", use_host_path),
    refused("azureDisk", use_host_path),
    refused("azureFile", use_host_path),
    refused("cephfs", use_host_path),
    refused("cinder", use_host_path),
    field<&Volume::config_map>("configMap", &boxed_config_map),
    refused("csi", use_host_path),
    field<&Volume::downward_api>("downwardAPI", &boxed_downward),
    field<&Volume::empty_dir>("emptyDir"),
    refused("ephemeral", use_host_path),
    refused("fc", use_host_path),
    refused("flexVolume", use_host_path),
    refused("flocker", use_host_path),
    refused("gcePersistentDisk", use_host_path),
    refused("gitRepo", "nothing is fetched; a container can, into an emptyDir"),
    refused("glusterfs", use_host_path),
    field<&Volume::host_path>("hostPath"),
    refused("image", "unpack it on the machine and name it as a hostPath"),
    refused("iscsi", use_host_path),
    required<&Volume::name>("name"),
    refused("nfs", use_host_path),
    refused("persistentVolumeClaim", use_host_path),
    refused("photonPersistentDisk", use_host_path),
    refused("portworxVolume", use_host_path),
    field<&Volume::projected>("projected"),
    refused("quobyte", use_host_path),
    refused("rbd", use_host_path),
    refused("scaleIO", use_host_path),
    field<&Volume::secret>("secret", &boxed_secret),
    refused("storageos", use_host_path),
    refused("vsphereVolume", use_host_path),
};

constinit const Type volumes_type = make_list_type<std::vector<Volume>>();

} // namespace spec::fields
