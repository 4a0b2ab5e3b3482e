// SPDX-License-Identifier: Apache-2.0
#include "initd/planner.hpp"

#include "ns/capabilities.hpp"
#include "ns/container_fs.hpp"
#include "spec/manifest.hpp"
#include "spec/quantity.hpp"

#include <algorithm>
#include <sys/mount.h>

namespace initd {

namespace {

constexpr std::string_view default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

bool set(const std::optional<bool>& flag) { return flag.value_or(false); }

bool privileged(const spec::Container& c) { return c.security_context && set(c.security_context->privileged); }

void set_env(spec::StringMap& env, std::string_view name, std::string value) {
    for (auto& [n, v] : env)
        if (n == name) {
            v = std::move(value);
            return;
        }
    env.emplace_back(name, std::move(value));
}

// The image's variables, then what every container has, then the manifest's in order, each seeing those before it.
spec::StringMap environment(const spec::Pod& pod, const spec::Container& container, const Image& image,
                            const Identity& identity, const NodeFacts& node) {
    spec::StringMap env;
    env.emplace_back("PATH", default_path);
    env.emplace_back("HOSTNAME", pod_hostname(pod, node));
    env.emplace_back("HOME", identity.home);
    if (set(container.tty))
        env.emplace_back("TERM", "xterm");
    for (const std::string& pair : image.config.env)
        if (auto equals = pair.find('='); equals != pair.npos)
            set_env(env, std::string_view(pair).substr(0, equals), pair.substr(equals + 1));
    // "$(X)" in the manifest means what the manifest said before, never the image's variables (kubelet_pods.go).
    spec::StringMap own;
    for (const spec::EnvVar& var : container.env) {
        std::string value = spec::expand(var.value, own);
        set_env(own, var.name, value);
        set_env(env, var.name, std::move(value));
    }
    return env;
}

spec::StringMap manifest_env(const spec::Container& container) {
    spec::StringMap own;
    for (const spec::EnvVar& var : container.env)
        set_env(own, var.name, spec::expand(var.value, own));
    return own;
}

// Kubernetes: command replaces entrypoint and, with it, the image's cmd; args replaces cmd.
std::vector<std::string> arguments(const spec::Container& container, const Image& image) {
    spec::StringMap env = manifest_env(container);
    std::vector<std::string> argv;
    auto add = [&](const std::vector<std::string>& words) {
        for (const std::string& word : words)
            argv.push_back(spec::expand(word, env));
    };
    if (!container.command.empty()) {
        add(container.command);
        add(container.args);
        return argv;
    }
    argv = image.config.entrypoint;
    if (!container.args.empty())
        add(container.args);
    else
        argv.insert(argv.end(), image.config.cmd.begin(), image.config.cmd.end());
    return argv;
}

std::vector<std::string> candidates(const std::string& program, const spec::StringMap& env) {
    if (program.find('/') != program.npos)
        return {program};
    std::vector<std::string> paths;
    const std::string* search = spec::find(env, "PATH");
    std::string_view rest = search ? std::string_view(*search) : default_path;
    while (!rest.empty()) {
        auto directory = rest.substr(0, rest.find(':'));
        if (!directory.empty())
            paths.push_back(std::string(directory) + "/" + program);
        rest.remove_prefix(std::min(rest.size(), directory.size() + 1));
    }
    return paths;
}

std::optional<PlanFailure> set_command(ns::Plan& plan, std::vector<std::string> argv, const spec::StringMap& env) {
    if (argv.empty() || argv.front().empty())
        return PlanFailure{"RunContainerError", "no command specified: neither the manifest nor the image has one"};
    plan.programs = candidates(argv.front(), env);
    plan.argv = std::move(argv);
    for (const auto& [name, value] : env)
        plan.env.push_back(name + "=" + value);
    return std::nullopt;
}

std::optional<PlanFailure> set_identity(ns::Plan& plan, const spec::Pod& pod, const spec::Container& container,
                                        const Identity& identity) {
    static const spec::SecurityContext no_context;
    static const spec::PodSecurityContext no_pod_context;
    const auto& context = container.security_context ? *container.security_context : no_context;
    const auto& pod_context = pod.spec.security_context ? *pod.spec.security_context : no_pod_context;

    plan.uid = identity.uid;
    plan.gid = identity.gid;
    if (auto group = context.run_as_group ? context.run_as_group : pod_context.run_as_group)
        plan.gid = static_cast<gid_t>(*group);
    plan.groups = identity.groups;
    for (std::int64_t group : pod_context.supplemental_groups)
        plan.groups.push_back(static_cast<gid_t>(group));

    auto non_root = context.run_as_non_root ? context.run_as_non_root : pod_context.run_as_non_root;
    if (set(non_root) && plan.uid == 0)
        return PlanFailure{"CreateContainerConfigError",
                           "container has runAsNonRoot and would run as root (container: " + container.name + ")"};

    ns::CapabilityRequest request;
    if (context.capabilities) {
        request.add = context.capabilities->add;
        request.drop = context.capabilities->drop;
    }
    request.privileged = set(context.privileged);
    request.root = plan.uid == 0;
    auto sets = ns::capability_sets(request);
    if (!sets)
        return PlanFailure{"CreateContainerError", "unknown capability \"" + sets.error().name + "\""};
    plan.capabilities = *sets;
    plan.limit_capabilities = !(request.privileged && request.root);
    plan.no_new_privileges = context.allow_privilege_escalation.has_value() && !*context.allow_privilege_escalation;
    return std::nullopt;
}

ns::Source volume_source(const spec::Volume& volume, const spec::Pod& pod, const NodeFacts& node) {
    using Kind = ns::Source::Kind;
    ns::Source source;
    if (!volume.host_path) {
        bool memory = volume.empty_dir && volume.empty_dir->medium == spec::Medium::Memory;
        source.path = memory ? sandbox_dir(node, pod.metadata.uid) + "/volumes/" + volume.name
                             : volumes_dir(node, pod.metadata.uid) + "/volumes/kubernetes.io~empty-dir/" + volume.name;
        source.create = true;
        source.create_mode = 0777;
        return source;
    }
    source.path = volume.host_path->path;
    switch (volume.host_path->type.value_or(spec::HostPathType::Unset)) {
    case spec::HostPathType::Unset: source.create = true; break; // the runtimes make a missing directory
    case spec::HostPathType::DirectoryOrCreate: source.kind = Kind::Directory, source.create = true; break;
    case spec::HostPathType::Directory: source.kind = Kind::Directory; break;
    case spec::HostPathType::FileOrCreate: source.kind = Kind::File, source.create = true, source.create_mode = 0644; break;
    case spec::HostPathType::File: source.kind = Kind::File; break;
    case spec::HostPathType::Socket: source.kind = Kind::Socket; break;
    case spec::HostPathType::CharDevice: source.kind = Kind::CharDevice; break;
    case spec::HostPathType::BlockDevice: source.kind = Kind::BlockDevice; break;
    }
    return source;
}

// Opens `source` before the root changes and puts it on `target` after it.
std::uint32_t add_source(ns::Plan& plan, ns::Source source) {
    plan.sources.push_back(std::move(source));
    return static_cast<std::uint32_t>(plan.sources.size() - 1);
}

void place(ns::Plan& plan, std::uint32_t index, std::string target, std::uint64_t flags) {
    ns::Setup setup;
    setup.op = ns::Setup::Op::Place;
    setup.target = std::move(target);
    setup.index = index;
    setup.flags = flags;
    plan.setup.push_back(std::move(setup));
}

ns::Source machine_path(std::string path) {
    ns::Source source;
    source.path = std::move(path);
    return source;
}

void add_volume_mounts(ns::Plan& plan, const spec::Pod& pod, const spec::Container& container, const NodeFacts& node) {
    for (const spec::VolumeMount& mount : container.volume_mounts) {
        auto volume = std::find_if(pod.spec.volumes.begin(), pod.spec.volumes.end(),
                                   [&](const spec::Volume& v) { return v.name == mount.name; });
        if (volume == pod.spec.volumes.end())
            continue; // validation has seen to it
        ns::Source source = volume_source(*volume, pod, node);
        source.sub_path = mount.sub_path;
        std::string target = mount.mount_path.starts_with('/') ? mount.mount_path : "/" + mount.mount_path;
        place(plan, add_source(plan, std::move(source)), std::move(target), set(mount.read_only) ? MS_RDONLY : 0);
    }
}

void add_mounts(ns::Plan& plan, const spec::Pod& pod, const spec::Container& container, const Image& image,
                const NodeFacts& node) {
    const spec::PodSpec& s = pod.spec;
    bool own_root = !image.rootfs.empty();
    bool own_ipc = !set(s.host_ipc);
    bool read_only = container.security_context && set(container.security_context->read_only_root_filesystem);
    // The machine's root in the machine's namespaces needs no mount of its own, and then no mount namespace.
    plan.create_mount = own_root || !set(s.host_pid) || own_ipc || !set(s.host_network) || read_only ||
                        !container.volume_mounts.empty();
    if (!plan.create_mount)
        return;
    plan.root_image = image.rootfs;
    plan.root_overlay = own_root && !read_only;
    plan.root_read_only = read_only;

    ns::ContainerFs fs;
    fs.own_root = own_root;
    fs.privileged = privileged(container);
    fs.own_ipc = own_ipc;
    if (own_ipc)
        fs.shm_source = static_cast<int>(add_source(plan, machine_path(sandbox_dir(node, pod.metadata.uid) + "/shm")));
    else if (own_root)
        fs.shm_source = static_cast<int>(add_source(plan, machine_path("/dev/shm")));
    if (own_root && fs.privileged)
        fs.dev_source = static_cast<int>(add_source(plan, machine_path("/dev")));
    plan.setup = ns::container_mounts(fs);

    // The node's own name service goes with the node's network; a private network has neither yet.
    if (own_root && set(s.host_network)) {
        if (node.has_resolv_conf)
            place(plan, add_source(plan, machine_path("/etc/resolv.conf")), "/etc/resolv.conf", MS_RDONLY);
        if (node.has_hosts)
            place(plan, add_source(plan, machine_path("/etc/hosts")), "/etc/hosts", MS_RDONLY);
    }
    add_volume_mounts(plan, pod, container, node);
}

} // namespace

std::string pod_hostname(const spec::Pod& pod, const NodeFacts& node) {
    if (set(pod.spec.host_network))
        return node.hostname;
    std::string name = pod.spec.hostname.empty() ? pod.metadata.name : pod.spec.hostname;
    if (name.size() > 63)
        name.resize(63);
    while (!name.empty() && (name.back() == '-' || name.back() == '.'))
        name.pop_back();
    return name;
}

std::string sandbox_dir(const NodeFacts& node, std::string_view uid) {
    return node.run_dir + "/pods/" + std::string(uid);
}

std::string volumes_dir(const NodeFacts& node, std::string_view uid) {
    return node.state_dir + "/pods/" + std::string(uid);
}

bool has_disk_volumes(const spec::Pod& pod) noexcept {
    return std::any_of(pod.spec.volumes.begin(), pod.spec.volumes.end(), [](const spec::Volume& v) {
        return v.empty_dir && v.empty_dir->medium.value_or(spec::Medium::Default) == spec::Medium::Default;
    });
}

SandboxPlan plan_sandbox(const spec::Pod& pod, const NodeFacts& node) {
    const spec::PodSpec& s = pod.spec;
    SandboxPlan plan;
    plan.net = !set(s.host_network);
    plan.uts = !set(s.host_network); // the runtimes share the UTS namespace with the network's
    plan.ipc = !set(s.host_ipc);
    plan.shared_pid = set(s.share_process_namespace) && !set(s.host_pid);
    if (plan.uts)
        plan.hostname = pod_hostname(pod, node);
    std::string dir = sandbox_dir(node, pod.metadata.uid);
    if (plan.ipc)
        plan.mounts.push_back({dir + "/shm", "mode=1777,size=65536k"}); // 64 MiB, as the container runtimes
    for (const spec::Volume& volume : s.volumes)
        if (volume.empty_dir && volume.empty_dir->medium == spec::Medium::Memory) {
            std::string options = "mode=0777";
            if (auto bytes = spec::parse_quantity(volume.empty_dir->size_limit); bytes && *bytes > 0)
                options += ",size=" + std::to_string(*bytes);
            plan.mounts.push_back({dir + "/volumes/" + volume.name, std::move(options)});
        }
    return plan;
}

std::string container_user(const spec::Pod& pod, const spec::Container& container, const Image& image) {
    if (container.security_context && container.security_context->run_as_user)
        return std::to_string(*container.security_context->run_as_user);
    if (pod.spec.security_context && pod.spec.security_context->run_as_user)
        return std::to_string(*pod.spec.security_context->run_as_user);
    return image.config.user;
}

std::expected<std::string, PlanFailure> console_device(const spec::Pod& pod) {
    const std::string* name = spec::find(pod.metadata.annotations, "podinit/console");
    if (!name)
        return std::string();
    bool plain = !name->empty() && name->size() < 32 && std::all_of(name->begin(), name->end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    });
    if (!plain)
        return std::unexpected(PlanFailure{"CreateContainerConfigError",
                                           "annotation podinit/console: \"" + *name +
                                               "\" is no terminal's name; \"console\" or \"ttyS0\" would be"});
    return "/dev/" + *name;
}

std::expected<ns::Plan, PlanFailure> plan_container(const spec::Pod& pod, std::size_t index, const Image& image,
                                                    const Identity& identity, const NodeFacts& node) {
    const spec::Container& container = pod.spec.containers[index];
    ns::Plan plan;
    plan.create_pid = !set(pod.spec.host_pid) && !set(pod.spec.share_process_namespace);
    plan.working_dir = container.working_dir.empty() ? image.config.working_dir : container.working_dir;
    if (auto failure = set_command(plan, arguments(container, image), environment(pod, container, image, identity, node)))
        return std::unexpected(std::move(*failure));
    if (auto failure = set_identity(plan, pod, container, identity))
        return std::unexpected(std::move(*failure));
    add_mounts(plan, pod, container, image, node);
    return plan;
}

std::expected<ns::Plan, PlanFailure> plan_exec(const spec::Pod& pod, std::size_t index, const Image& image,
                                               const Identity& identity, const NodeFacts& node,
                                               std::vector<std::string> command, std::string_view term) {
    const spec::Container& container = pod.spec.containers[index];
    ns::Plan plan;
    plan.working_dir = container.working_dir.empty() ? image.config.working_dir : container.working_dir;
    spec::StringMap env = environment(pod, container, image, identity, node);
    if (!term.empty())
        set_env(env, "TERM", std::string(term));
    if (auto failure = set_command(plan, std::move(command), env))
        return std::unexpected(std::move(*failure));
    if (auto failure = set_identity(plan, pod, container, identity))
        return std::unexpected(std::move(*failure));
    return plan;
}

} // namespace initd
