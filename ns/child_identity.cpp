// SPDX-License-Identifier: Apache-2.0
#include "ns/child.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>

namespace ns {
namespace {

void set_groups(const Child& child) noexcept {
    const Plan& plan = *child.plan;
    const Inherited& own = *child.own;
    bool same = plan.groups.size() == own.groups.size();
    for (std::size_t i = 0; same && i < plan.groups.size(); ++i)
        same = plan.groups[i] == own.groups[i];
    if (!same)
        must(child, Step::Groups, raw::call(SYS_setgroups, plan.groups.size(), plan.groups.data()));
    if (!own.one_group || plan.gid != own.gid)
        must(child, Step::Groups, raw::call(SYS_setresgid, plan.gid, plan.gid, plan.gid));
}

// What podinit itself does not hold, in a container for instance, it cannot give.
void set_capabilities(const Child& child) noexcept {
    const CapabilitySets& wanted = child.plan->capabilities;
    const std::uint64_t held = child.own->capabilities.permitted;
    const std::uint64_t permitted = wanted.permitted & held;
    const std::uint64_t inheritable = wanted.inheritable & (held | child.own->capabilities.inheritable);
    const __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    for (unsigned half = 0; half < _LINUX_CAPABILITY_U32S_3; ++half) {
        data[half].effective = data[half].permitted = static_cast<__u32>(permitted >> 32 * half);
        data[half].inheritable = static_cast<__u32>(inheritable >> 32 * half);
    }
    must(child, Step::Capabilities, raw::call(SYS_capset, &header, data));
    for (std::uint64_t left = wanted.ambient & permitted & inheritable; left; left &= left - 1)
        must(child, Step::Capabilities,
             raw::call(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, __builtin_ctzll(left), 0, 0));
}

} // namespace

// Groups need CAP_SETGID and the bounding set CAP_SETPCAP, so both come before the user; a change from root to another
// user empties the permitted set unless PR_SET_KEEPCAPS says otherwise, and capset(2) then cuts it to what was asked
// for (capabilities(7), "Effect of user ID changes on capabilities").
void take_identity(const Child& child) noexcept {
    const Plan& plan = *child.plan;
    const Inherited& own = *child.own;
    if (plan.limit_capabilities)
        for (std::uint64_t left = own.capabilities.bounding & ~plan.capabilities.bounding; left; left &= left - 1)
            must(child, Step::Capabilities, raw::call(SYS_prctl, PR_CAPBSET_DROP, __builtin_ctzll(left), 0, 0, 0));
    set_groups(child);
    if (!own.one_user || plan.uid != own.uid) {
        if (plan.limit_capabilities && plan.capabilities.permitted != 0)
            must(child, Step::User, raw::call(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0));
        must(child, Step::User, raw::call(SYS_setresuid, plan.uid, plan.uid, plan.uid));
    }
    // A program of root's gets its bounding set at exec, whatever it holds before (capabilities(7), "Capabilities and
    // execution of programs by root"): then there is nothing to set.
    const bool by_exec = plan.uid == 0 && plan.capabilities.permitted == plan.capabilities.bounding &&
                         plan.capabilities.ambient == 0 && plan.capabilities.inheritable == own.capabilities.inheritable;
    if (plan.limit_capabilities && !by_exec)
        set_capabilities(child);
    if (plan.no_new_privileges)
        must(child, Step::NoNewPrivileges, raw::call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

} // namespace ns
