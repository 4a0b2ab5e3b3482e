// SPDX-License-Identifier: Apache-2.0
#include "ns/capabilities.hpp"

#include <cap-ng.h>
#include <sys/prctl.h>

// libcap-ng's table of names is an object of its own in the static library, but refers to the variable `last_cap` of
// the other one, whose capng_change_id() (never called: it needs NSS) brings in name services, stdio's scanner, syslog
// and time zones: 170 kB. A definition here keeps that object out. Weak: where the library brings its own, that one
// counts.
extern "C" {
extern unsigned int last_cap;
__attribute__((weak)) unsigned int last_cap = 63;
}

namespace ns {
namespace {

constexpr std::uint64_t bit(unsigned capability) {
    return 1ull << capability;
}

constexpr std::uint64_t all = ~0ull;

// What containerd and Docker give a container that asks for nothing.
constexpr std::uint64_t default_set = bit(CAP_CHOWN) | bit(CAP_DAC_OVERRIDE) | bit(CAP_FSETID) | bit(CAP_FOWNER) |
                                      bit(CAP_MKNOD) | bit(CAP_NET_RAW) | bit(CAP_SETGID) | bit(CAP_SETUID) |
                                      bit(CAP_SETFCAP) | bit(CAP_SETPCAP) | bit(CAP_NET_BIND_SERVICE) |
                                      bit(CAP_SYS_CHROOT) | bit(CAP_KILL) | bit(CAP_AUDIT_WRITE);

// Of one name; `all` of "ALL"; 0 when the kernel does not know it.
std::uint64_t capability_bit(const std::string& name) {
    if (name == "ALL")
        return all;
    const int capability = capng_name_to_capability(name.c_str() + (name.starts_with("CAP_") ? 4 : 0));
    if (capability < 0 || prctl(PR_CAPBSET_READ, capability, 0, 0, 0) < 0)
        return 0;
    return bit(static_cast<unsigned>(capability));
}

} // namespace

std::expected<CapabilitySets, UnknownCapability> capability_sets(const CapabilityRequest& request) noexcept {
    std::uint64_t set = default_set, added = 0, dropped = 0;
    for (const std::string& name : request.add) {
        const std::uint64_t bits = capability_bit(name);
        if (bits == 0)
            return std::unexpected(UnknownCapability{name});
        if (bits == all)
            set = all;
        else
            added |= bits;
    }
    for (const std::string& name : request.drop) {
        const std::uint64_t bits = capability_bit(name);
        if (bits == 0)
            return std::unexpected(UnknownCapability{name});
        if (bits == all)
            set = 0;
        else
            dropped |= bits;
    }
    set = request.privileged ? all : (set | added) & ~dropped;
    return CapabilitySets{.bounding = set, .permitted = request.root ? set : 0};
}

} // namespace ns
