// SPDX-License-Identifier: Apache-2.0
// podinit: PID 1 of a machine or of a PID namespace, a plain supervisor otherwise, or a helper of one of these.
#include "initd/boot.hpp"
#include "initd/crash/crash.hpp"
#include "initd/daemon.hpp"
#include "initd/files.hpp"
#include "initd/log.hpp"
#include "initd/options.hpp"
#include "initd/roles.hpp"
#include "initd/shutdown.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/prctl.h>
#include <unistd.h>

// libstdc++'s own handler brings a demangler of 45 kB along to say what nobody is there to read.
namespace __gnu_cxx {
void __verbose_terminate_handler() {
    initd::log(initd::Level::Error, {"terminated by an exception"});
    std::abort();
}
} // namespace __gnu_cxx

namespace {

using initd::SignalMeaning;
using initd::Standing;

// What a machine does with itself when its last pod is gone.
void end(SignalMeaning how, Standing standing, int watchdog) {
    if (standing == Standing::Supervisor)
        return;
    switch (how) {
    case SignalMeaning::PowerOff: return initd::go_down(spec::PowerAction::PowerOff, watchdog);
    case SignalMeaning::Reload:
    case SignalMeaning::Exit:
    case SignalMeaning::Reboot: return initd::go_down(spec::PowerAction::Reboot, watchdog);
    case SignalMeaning::Halt: return initd::go_down(spec::PowerAction::Halt, watchdog);
    case SignalMeaning::Kexec: return initd::go_down(spec::PowerAction::Kexec, watchdog);
    }
}

// What a former podinit has left is taken over under guard: whatever is wrong with it comes back here, and in the end
// to the last resort. Only what is no state file at all is given up.
initd::StateFile take_over(int resumed, char** argv, Standing standing) {
    if (resumed >= 0) {
        initd::crash::guard(resumed, argv, environ, standing);
        auto adopted = initd::StateFile::adopt(ns::Fd(resumed));
        if (adopted)
            return std::move(*adopted);
        initd::log(initd::Level::Error, {"state file: ", ns::to_text(adopted.error())});
        if (adopted.error().err != EINVAL)
            std::abort();
    }
    auto created = initd::StateFile::create();
    if (!created)
        initd::log(initd::Level::Error, {"nothing will outlive a crash: ", ns::to_text(created.error())});
    initd::crash::guard(created ? created->fd() : -1, argv, environ, standing);
    return created ? std::move(*created) : initd::StateFile();
}

int run(initd::DaemonOptions options, initd::StateFile state) {
    Standing standing = options.standing;
    // Orphans come to us also where we are not their PID 1.
    if (standing == Standing::Supervisor)
        prctl(PR_SET_CHILD_SUBREAPER, 1);
    std::string run_dir = options.run_dir;
    if (chdir("/") != 0)
        initd::log(initd::Level::Warning, {"cannot change to /"});
    const bool resumed = options.resumed;
    auto daemon = initd::Daemon::open(std::move(options), std::move(state));
    if (!daemon) {
        initd::log(initd::Level::Error, {"cannot start below ", run_dir, ": ", ns::to_text(daemon.error())});
        if (resumed) // what runs stays, and it is tried again
            std::abort();
        if (standing == Standing::Machine)
            end(SignalMeaning::Reboot, standing, -1);
        return 1;
    }
    const SignalMeaning how = (*daemon)->run();
    end(how, standing, (*daemon)->watchdog());
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    // By the name we were started under, never by the pid: the first process of a pod's PID namespace is a helper too.
    if (auto code = initd::run_role(argc, argv))
        return *code;
    prctl(PR_SET_NAME, "podinit"); // the kernel's first process is named after the path it was started by
    const int resumed = initd::crash::resumed_from(argc, argv);
    const bool pid1 = getpid() == 1;
    if (pid1 && resumed < 0)
        initd::early_boot();
    const Standing standing = pid1 ? initd::standing() : Standing::Supervisor;
    initd::open_log(standing == Standing::Machine);
    initd::StateFile state = take_over(resumed, argv, standing);
    // The kernel hands its init whatever words of its command line it did not know: no options of ours.
    auto options = initd::read_options(standing == Standing::Machine ? 1 : argc, argv, standing, state, resumed >= 0);
    if (!options)
        return options.error();
    initd::crash::configure(options->config);
    if (pid1 && resumed < 0)
        initd::name_machine(options->config);
    return run(std::move(*options), std::move(state));
}
