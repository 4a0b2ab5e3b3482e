// SPDX-License-Identifier: Apache-2.0
#include "spec/names.hpp"
#include "spec/rules_parts.hpp"
#include "spec/unique.hpp"

namespace spec {

namespace {

void check_recursive_read_only(const Checker& check, const VolumeMount& mount, const Path& path) {
    if (!mount.recursive_read_only || *mount.recursive_read_only == RecursiveReadOnly::Disabled)
        return;
    const Path at = path.child("recursiveReadOnly");
    if (mount.read_only != true)
        check.error(at, "may only be given when readOnly is true");
    if (mount.mount_propagation && *mount.mount_propagation != MountPropagation::None)
        check.error(at, "may only be given when mountPropagation is None or not given");
}

void check_mount(const PodChecker& check, const VolumeMount& mount, const Path& path, bool privileged) {
    if (check.given(path.child("name"), mount.name) && !check.volume(mount.name))
        check.error(path.child("name"), "not found: " + quoted(mount.name) + " is no volume of this pod");
    if (check.given(path.child("mountPath"), mount.mount_path) && mount.mount_path.find(':') != std::string::npos)
        check.error(path.child("mountPath"), "must not contain ':'"); // as the API's documentation has it
    check.relative_path(path.child("subPath"), mount.sub_path);
    check.relative_path(path.child("subPathExpr"), mount.sub_path_expr);
    if (!mount.sub_path.empty() && !mount.sub_path_expr.empty())
        check.error(path.child("subPathExpr"), "may not be given beside subPath");
    if (mount.mount_propagation == MountPropagation::Bidirectional && !privileged)
        check.error(path.child("mountPropagation"), "may be Bidirectional only in a privileged container");
    check_recursive_read_only(check, mount, path);
}

} // namespace

void check_mounts(const PodChecker& check, const Container& container, const Path& path) {
    const bool privileged = container.security_context && container.security_context->privileged == true;
    const std::vector<VolumeMount>& mounts = container.volume_mounts;
    for (std::size_t i = 0; i < mounts.size(); ++i)
        check_mount(check, mounts[i], path.child("volumeMounts", i), privileged);
    for_each_duplicate(
        mounts, [](const VolumeMount& mount) -> const std::string& { return mount.mount_path; },
        [&](std::size_t i) {
            check.error(path.child("volumeMounts", i, "mountPath"),
                        "must be unique: " + quoted(mounts[i].mount_path) + " is mounted already");
        });
}

} // namespace spec
