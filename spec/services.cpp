// SPDX-License-Identifier: Apache-2.0
#include "spec/services.hpp"

#include "spec/names.hpp"
#include "spec/prerequisites.hpp"

#include <algorithm>

namespace spec {

namespace {

constexpr std::string_view notify_key = "podinit/notify";
constexpr std::string_view notification_fd_key = "podinit/notification-fd";
constexpr std::string_view watchdog_key = "podinit/watchdog-seconds";
constexpr std::string_view listen_key = "podinit/listen";

constexpr std::int64_t most_fd = 255;
constexpr std::int64_t most_seconds = 365 * 24 * 3600;
constexpr std::size_t longest_name = 80; // bind(2) takes 107, and a way there
constexpr std::size_t most_sockets = 64; // of a container
constexpr std::int32_t no_number = -1;

std::int64_t number_of(std::string_view text, std::int64_t most) {
    std::int64_t value = text.empty() ? no_number : 0;
    for (const char c : text) {
        if (c < '0' || c > '9')
            return no_number;
        value = value * 10 + (c - '0');
        if (value > most)
            return no_number;
    }
    return value;
}

// What is wrong with an item; empty: nothing.
using Wrong = std::string_view;

constexpr Wrong no_socket = "must be tcp:PORT, tcp:ADDRESS:PORT (an IPv6 address in brackets), the same with udp, or "
                            "unix:PATH; a name may stand before it: NAME@tcp:PORT";

// "PORT", "ADDRESS:PORT" or "[ADDRESS]:PORT".
bool take_endpoint(ListenSocket& socket, std::string_view text) {
    if (const std::size_t colon = text.rfind(':'); colon != text.npos) {
        std::string_view address = text.substr(0, colon);
        const bool in_brackets = address.starts_with('[') && address.ends_with(']') && address.size() > 2;
        if (in_brackets)
            address = address.substr(1, address.size() - 2);
        if (in_brackets != (address.find(':') != address.npos))
            return false;
        socket.address = address;
        if (!is_ip_address(socket.address))
            return false;
        text.remove_prefix(colon + 1);
    }
    const std::int64_t port = number_of(text, 65535);
    socket.port = static_cast<std::uint16_t>(port);
    return port > 0;
}

Wrong take_notify(Services& services, std::string_view) {
    services.notifies = true;
    return {};
}

Wrong take_notification_fd(Services& services, std::string_view value) {
    const std::int64_t number = number_of(value, most_fd);
    if (number < 3)
        return "must be the number of a descriptor, from 3 to 255";
    services.notification_fd = static_cast<std::int32_t>(number);
    return {};
}

Wrong take_watchdog(Services& services, std::string_view value) {
    const std::int64_t seconds = number_of(value, most_seconds);
    if (seconds < 1)
        return "must be a number of seconds, at least 1";
    services.watchdog_seconds = seconds;
    return {};
}

Wrong take_socket(Services& services, std::string_view value) {
    ListenSocket socket;
    const std::size_t colon = value.find(':');
    if (const std::size_t at = value.find('@'); at < colon) {
        if (!is_label_value(value.substr(0, at)) || at == 0)
            return "the name of a socket must be letters, digits, '-', '_' and '.', at most 63";
        socket.name = value.substr(0, at);
        value.remove_prefix(at + 1);
    }
    const std::string_view kind = value.substr(0, value.find(':'));
    const std::string_view where = value.substr(std::min(value.size(), kind.size() + 1));
    if (kind == "unix") {
        socket.kind = ListenSocket::Kind::Unix;
        socket.address = where;
        const std::size_t name = where.size() - std::min(where.size(), where.rfind('/') + 1);
        if (!where.starts_with('/') || name == 0 || name > longest_name || has_dot_dot(where))
            return "must be an absolute path without '..', its last part of at most 80 characters";
    } else {
        socket.kind = kind == "udp" ? ListenSocket::Kind::Udp : ListenSocket::Kind::Tcp;
        if ((kind != "tcp" && kind != "udp") || !take_endpoint(socket, where))
            return no_socket;
    }
    if (services.sockets.size() == most_sockets)
        return "must be at most 64 sockets for a container";
    services.sockets.push_back(std::move(socket));
    return {};
}

struct Row {
    std::string_view key;
    Wrong (*take)(Services&, std::string_view value);
    bool names_only; // an item is a container's name and nothing else
};
constexpr Row rows[] = {
    {notify_key, take_notify, true},
    {notification_fd_key, take_notification_fd, false},
    {watchdog_key, take_watchdog, false},
    {listen_key, take_socket, false},
};

class ServiceReader {
  public:
    ServiceReader(const Pod& pod, std::vector<AnnotationProblem>* problems)
        : pod_(pod)
        , problems_(problems) {}

    void read(const Row& row, std::string_view text);
    void check();

    std::vector<Services> services;

  private:
    void read_item(const Row& row, std::string_view item);
    void check_sockets(std::size_t container);
    bool is_given_before(std::size_t container, const ListenSocket& socket) const;
    void wrong(std::string_view key, std::string_view item, std::string_view why) const;
    std::size_t find(std::string_view name) const;

    const Pod& pod_;
    std::vector<AnnotationProblem>* problems_;
};

void ServiceReader::wrong(std::string_view key, std::string_view item, std::string_view why) const {
    if (problems_)
        problems_->push_back({key, quoted(item).append(": ").append(why)});
}

// The container's index; the number of containers when there is none of that name.
std::size_t ServiceReader::find(std::string_view name) const {
    std::size_t i = 0;
    while (i < services.size() && container_at(pod_, i).name != name)
        ++i;
    return i;
}

void ServiceReader::read(const Row& row, std::string_view text) {
    services.resize(container_count(pod_));
    while (text.data())
        read_item(row, next_item(text));
}

// A socket may have a "=" in its path, but a container has no ":" and no "/" in its name.
void ServiceReader::read_item(const Row& row, std::string_view item) {
    const std::size_t equals = item.find('=');
    const bool named = row.names_only || equals < item.find_first_of(":/@");
    if (!named && services.size() != 1)
        return wrong(row.key, item, "must begin with CONTAINER=, as the pod has more than one container");
    const std::string_view name = row.names_only ? item : item.substr(0, equals);
    const std::string_view value = named ? item.substr(std::min(item.size(), name.size() + 1)) : item;
    const std::size_t container = named ? find(name) : 0;
    if (container == services.size())
        return wrong(row.key, item, "must name a container of this pod");
    if (const Wrong why = row.take(services[container], value); !why.empty())
        wrong(row.key, item, why);
}

// Names do not make two sockets different, but the volumes of two containers do.
bool ServiceReader::is_given_before(std::size_t container, const ListenSocket& socket) const {
    const auto same = [&](const ListenSocket& other) {
        return other.kind == socket.kind && other.address == socket.address && other.port == socket.port;
    };
    for (std::size_t i = socket.kind == ListenSocket::Kind::Unix ? container : 0; i <= container; ++i)
        if (const auto found = std::ranges::find_if(services[i].sockets, same); found != services[i].sockets.end())
            return &*found != &socket;
    return false;
}

void ServiceReader::check_sockets(std::size_t container) {
    const Container& owner = container_at(pod_, container);
    for (ListenSocket& socket : services[container].sockets) {
        if (socket.name.empty())
            socket.name = owner.name;
        if (socket.kind == ListenSocket::Kind::Unix && !volume_of_socket(pod_.spec, owner, socket.address))
            wrong(listen_key, socket.address,
                  "must be right below the mountPath of a volume of this container, mounted as a whole (no subPath), "
                  "that is a hostPath directory or an emptyDir with medium Memory");
        if (is_given_before(container, socket))
            wrong(listen_key, socket.name, "must listen at another address or port: each may be given once");
    }
}

void ServiceReader::check() {
    for (std::size_t i = 0; i < services.size(); ++i) {
        const Services& each = services[i];
        const Container& container = container_at(pod_, i);
        const auto sockets = static_cast<std::int32_t>(each.sockets.size());
        if (each.notifies && each.notification_fd >= 0)
            wrong(notification_fd_key, container.name,
                  "must not be given beside podinit/notify: one of them says when "
                  "the container is ready");
        if (each.watchdog_seconds > 0 && !each.notifies)
            wrong(watchdog_key, container.name,
                  "must be listed in podinit/notify too, since a sign of life comes that way");
        if (each.notification_fd >= first_listen_fd && each.notification_fd < first_listen_fd + sockets)
            wrong(notification_fd_key, container.name, "must be a descriptor above those of podinit/listen");
        if (each.says_ready() && i < pod_.spec.init_containers.size() &&
            container.restart_policy != RestartPolicy::Always)
            wrong(each.notifies ? notify_key : notification_fd_key, container.name,
                  "must not be an init container without restartPolicy Always, which is ready when it has ended");
        check_sockets(i);
    }
}

bool holds_sockets(const Volume& volume) noexcept {
    if (volume.empty_dir)
        return volume.empty_dir->medium == "Memory";
    if (!volume.host_path)
        return false;
    const HostPathType type = volume.host_path->type.value_or(HostPathType::Unset);
    return type == HostPathType::Unset || type == HostPathType::Directory || type == HostPathType::DirectoryOrCreate;
}

} // namespace

const Volume* volume_of_socket(const PodSpec& spec, const Container& container, std::string_view path) noexcept {
    const std::string_view directory = path.substr(0, path.rfind('/'));
    for (const VolumeMount& mount : container.volume_mounts) {
        std::string_view at = mount.mount_path;
        while (at.ends_with('/'))
            at.remove_suffix(1);
        if (at != directory || !mount.sub_path.empty() || !mount.sub_path_expr.empty())
            continue;
        const auto volume = std::ranges::find(spec.volumes, mount.name, &Volume::name);
        return volume != spec.volumes.end() && holds_sockets(*volume) ? &*volume : nullptr;
    }
    return nullptr;
}

std::string to_text(const ListenSocket& socket) {
    if (socket.kind == ListenSocket::Kind::Unix)
        return "unix:" + socket.address;
    std::string text = socket.kind == ListenSocket::Kind::Udp ? "udp:" : "tcp:";
    const bool brackets = socket.address.find(':') != socket.address.npos;
    text.append(brackets ? "[" : "").append(socket.address).append(brackets ? "]" : "");
    return text.append(socket.address.empty() ? "" : ":").append(std::to_string(socket.port));
}

std::vector<Services> read_services(const Pod& pod, std::vector<AnnotationProblem>* problems) {
    ServiceReader reader(pod, problems);
    for (const Row& row : rows)
        if (const std::string* text = find(pod.metadata.annotations, row.key))
            reader.read(row, *text);
    reader.check();
    return std::move(reader.services);
}

} // namespace spec
