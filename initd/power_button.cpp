// SPDX-License-Identifier: Apache-2.0
#include "initd/power_button.hpp"

#include "ns/launcher.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <string_view>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <linux/input.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace initd {
namespace {

struct CloseDir {
    void operator()(DIR* dir) const noexcept { ::closedir(dir); }
};

struct Bits { // a bit array as the kernel writes them, large enough for the keys
    std::uint8_t byte[KEY_CNT / 8] = {};
    bool has(unsigned bit) const noexcept { return byte[bit / 8] >> bit % 8 & 1; }
    void set(unsigned bit) noexcept { byte[bit / 8] |= static_cast<std::uint8_t>(1u << bit % 8); }
};

// Only events whose type (for type 0) or code is in `bits` are queued for this descriptor.
void let_through(int fd, unsigned type, const Bits& bits) noexcept {
    input_mask mask{};
    mask.type = type;
    mask.codes_size = sizeof bits.byte;
    mask.codes_ptr = reinterpret_cast<std::uintptr_t>(bits.byte);
    ::ioctl(fd, EVIOCSMASK, &mask); // a kernel without it wakes us more often, that is all
}

ns::Fd open_button(int directory, const char* name) noexcept {
    ns::Fd fd(::openat(directory, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    Bits keys;
    if (!fd || ::ioctl(fd.get(), EVIOCGBIT(EV_KEY, sizeof keys.byte), keys.byte) < 0 || !keys.has(KEY_POWER))
        return {};
    Bits types, power;
    types.set(EV_KEY);
    power.set(KEY_POWER);
    let_through(fd.get(), 0, types);
    let_through(fd.get(), EV_KEY, power);
    return ns::raise(std::move(fd));
}

// "event7" -> 7; -1 for another name.
int device_number(std::string_view name) noexcept {
    constexpr std::string_view prefix = "event";
    unsigned short number = 0;
    if (!name.starts_with(prefix))
        return -1;
    name.remove_prefix(prefix.size());
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    return error == std::errc() && end == name.data() + name.size() ? number : -1;
}

} // namespace

void PowerButtons::scan() noexcept try {
    const std::unique_ptr<DIR, CloseDir> directory(::opendir("/dev/input"));
    if (!directory)
        return;
    while (const dirent* entry = ::readdir(directory.get())) {
        const int number = device_number(entry->d_name);
        const auto id = static_cast<std::uint32_t>(number);
        if (number < 0 || std::ranges::find(devices_, id, &Device::number) != devices_.end())
            continue;
        ns::Fd fd = open_button(::dirfd(directory.get()), entry->d_name);
        devices_.reserve(devices_.size() + 1);
        if (fd && poller_.add(fd.get(), Source::PowerButton, id, EPOLLIN))
            devices_.push_back({id, std::move(fd)});
    }
} catch (...) {
    // Out of memory: a button less.
}

bool PowerButtons::on_ready(const Ready& ready) noexcept {
    const auto device = std::ranges::find(devices_, ready.id, &Device::number);
    if (device == devices_.end())
        return false;
    bool pressed = false;
    input_event events[16];
    ssize_t got;
    while ((got = ::read(device->fd.get(), events, sizeof events)) > 0)
        for (std::size_t i = 0; i < static_cast<std::size_t>(got) / sizeof *events; ++i)
            pressed |= events[i].type == EV_KEY && events[i].code == KEY_POWER && events[i].value == 1;
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) { // ENODEV: unplugged
        poller_.remove(device->fd.get());
        devices_.erase(device);
    }
    return pressed;
}

} // namespace initd
