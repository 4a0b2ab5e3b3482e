// SPDX-License-Identifier: Apache-2.0
#include "initd/roles.hpp"

#include "initd/logs.hpp"
#include "initd/role_mains.hpp"

#include <new>

#include <sys/utsname.h>
#include <unistd.h>

namespace initd {
namespace {

constexpr const char* pause_role = "podinit: pause";
constexpr const char* store_role = "podinit: store";
constexpr const char* settle_role = "podinit: settle";
constexpr const char* sweep_role = "podinit: sweep";
constexpr const char* modules_role = "podinit: modules";
constexpr const char* check_role = "podinit: check"; // other versions know it by this name

// The running binary, even when its file has been replaced. /proc/self resolves in a new PID namespace as well: a
// process has a number in every namespace above its own, and /proc is one of those.
ns::Plan role_plan(const char* role, std::span<const std::string> arguments) {
    ns::Plan plan;
    plan.programs = {"/proc/self/exe"};
    plan.argv.reserve(1 + arguments.size());
    plan.argv.emplace_back(role);
    plan.argv.insert(plan.argv.end(), arguments.begin(), arguments.end());
    plan.open_files = 0;
    return plan;
}

std::string modules_dir() {
    utsname name{};
    ::uname(&name);
    return std::string("/lib/modules/") + name.release;
}

int dispatch(std::string_view role, std::span<char* const> arguments) {
    if (role == pause_role)
        return pause_main();
    if (role == store_role && arguments.size() >= 2)
        return store_main(arguments, STDIN_FILENO);
    if (role == settle_role && !arguments.empty())
        return settle_main(arguments[0], arguments.subspan(1));
    if (role == sweep_role)
        return sweep_main(arguments);
    if (role == modules_role)
        return modules_main(modules_dir(), arguments);
    if (role == check_role)
        return check_main();
    return complain(role, "no such helper");
}

} // namespace

ns::Plan pause_plan() {
    ns::Plan plan = role_plan(pause_role, {});
    plan.create_pid = true;
    plan.limit_capabilities = true;
    plan.capabilities = {.bounding = 0, .permitted = 0, .inheritable = 0, .ambient = 0};
    plan.no_new_privileges = true;
    plan.oom_score_adj = -998; // as a sandbox's pause container (kubelet: PodInfraOOMAdj)
    return plan;
}

ns::Plan store_plan(const FileChanges& changes, int content_fd) {
    ns::Plan plan = role_plan(store_role, {&changes.directory, 1});
    plan.argv.emplace_back(changes.trial ? "trial" : "");
    for (const StoredFile& file : changes.files) {
        plan.argv.push_back(file.name);
        plan.argv.push_back(std::to_string(file.size));
    }
    plan.argv.emplace_back(end_of_files);
    plan.argv.insert(plan.argv.end(), changes.removed.begin(), changes.removed.end());
    plan.stdin_fd = content_fd;
    return plan;
}

ns::Plan settle_plan(Settle how, std::span<const std::string> directories) {
    ns::Plan plan = role_plan(settle_role, {});
    switch (how) {
    case Settle::Finish: plan.argv.emplace_back("finish"); break;
    case Settle::RollBack: plan.argv.emplace_back("rollback"); break;
    case Settle::Confirm: plan.argv.emplace_back("confirm"); break;
    }
    plan.argv.insert(plan.argv.end(), directories.begin(), directories.end());
    return plan;
}

ns::Plan sweep_plan(std::span<const std::string> trees) {
    return role_plan(sweep_role, trees);
}

ns::Plan modules_plan(std::span<const std::string> modules) {
    return role_plan(modules_role, modules);
}

ns::Plan check_plan(int program) {
    constexpr int number = 3;
    ns::Plan plan = role_plan(check_role, {});
    plan.programs = {"/proc/self/fd/3"};
    plan.passed = {{program, number}};
    return plan;
}

std::optional<int> run_role(int argc, char** argv) noexcept {
    if (argc < 1 || !std::string_view(argv[0]).starts_with("podinit: "))
        return std::nullopt;
    if (std::string_view(argv[0]) == log_writer_role)
        return log_writer_main(argc, argv);
    try {
        return dispatch(argv[0], {argv + 1, static_cast<std::size_t>(argc - 1)});
    } catch (const std::bad_alloc&) {
        constexpr std::string_view line = "out of memory\n";
        (void)!::write(STDERR_FILENO, line.data(), line.size());
        return 1;
    }
}

} // namespace initd
