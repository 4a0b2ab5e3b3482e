// SPDX-License-Identifier: Apache-2.0
// From the request to the program's first instruction, against floors made by hand in the same run, and against crun
// and bwrap where they are installed. One start after the other, all variants in turn, so that a noisy machine is noisy
// to all of them; what counts is the ratio of medians.
#include "ns/capabilities.hpp"
#include "ns/clone.hpp"
#include "ns/container_fs.hpp"
#include "ns/launcher.hpp"
#include "ns/sandbox.hpp"
#include "ns/syscalls.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <net/if.h>
#include <optional>
#include <sched.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace ns;

namespace {

std::uint64_t now() {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

[[noreturn]] void give_up(const std::string& what) {
    std::fprintf(stderr, "launch_bench: %s\n", what.c_str());
    std::exit(1);
}

int stamps[2]; // a pipe: each program writes the time of its first instruction
std::string image;
const char* arguments[] = {"payload", "time", nullptr};
alignas(16) unsigned char stack[32768];

struct Floor {
    std::uint64_t namespaces;
    const char* program;
};

// What a child has to do at least, done with the fewest system calls.
void floor_child(void* given) noexcept {
    const Floor& floor = *static_cast<const Floor*>(given);
    const auto must = [](long result) {
        if (result < 0)
            raw::call(SYS_exit_group, 99);
        return result;
    };
    if (floor.namespaces) {
        must(raw::call(SYS_mount, nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr));
        must(raw::call(SYS_mount, image.c_str(), image.c_str(), nullptr, MS_BIND | MS_REC, nullptr));
        must(raw::call(SYS_chdir, image.c_str()));
        must(raw::call(SYS_pivot_root, ".", "."));
        must(raw::call(SYS_umount2, ".", MNT_DETACH));
        must(raw::call(SYS_chdir, "/"));
        must(raw::call(SYS_mount, "proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr));
        ifreq request{};
        request.ifr_name[0] = 'l';
        request.ifr_name[1] = 'o';
        request.ifr_flags = IFF_UP | IFF_RUNNING;
        const long socket = must(raw::call(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        must(raw::call(SYS_ioctl, socket, SIOCSIFFLAGS, &request));
    }
    raw::call(SYS_dup3, stamps[1], 1, 0);
    const char* environment[] = {nullptr};
    raw::call(SYS_execve, floor.program, arguments, environment);
    raw::call(SYS_exit_group, 98);
}

void start_floor(Floor floor) {
    clone_args args{};
    args.flags = floor.namespaces | CLONE_VM | CLONE_VFORK;
    args.exit_signal = SIGCHLD;
    args.stack = reinterpret_cast<std::uintptr_t>(stack);
    args.stack_size = sizeof stack;
    if (raw::clone3(args, floor_child, &floor) < 0)
        give_up("clone3 of the floor");
}

Plan bare_plan(const char* program) {
    Plan plan;
    plan.programs = {program};
    plan.argv = {"payload", "time"};
    plan.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
    plan.stdout_fd = stamps[1];
    return plan;
}

// What a pod without any wish of its own gets.
Plan container_plan(bool overlay) {
    Plan plan = bare_plan("/payload");
    plan.create_mount = plan.create_pid = plan.create_cgroup = true;
    plan.root_image = image;
    plan.root_overlay = overlay;
    plan.setup = container_mounts({});
    plan.limit_capabilities = true;
    plan.capabilities = *capability_sets({});
    return plan;
}

// The floor's work, by the launcher.
Plan lean_plan() {
    Plan plan = bare_plan("/payload");
    plan.create_mount = plan.create_pid = true;
    plan.root_image = image;
    plan.setup = {
        {.op = Setup::Op::Mount, .target = "/proc", .fstype = "proc", .flags = MS_NOSUID | MS_NODEV | MS_NOEXEC}};
    return plan;
}

Plan command_plan(std::vector<std::string> command) {
    Plan plan = bare_plan(command[0].c_str());
    plan.argv = std::move(command);
    return plan;
}

const char* crun_config() {
    return R"({"ociVersion":"1.0.0","process":{"args":["/payload","time"],"cwd":"/","env":[]},"root":{"path":"%s"},
"mounts":[{"destination":"/proc","type":"proc","source":"proc"}],
"linux":{"namespaces":[{"type":"pid"},{"type":"network"},{"type":"ipc"},{"type":"uts"},{"type":"mount"}]}})";
}

// crun refuses a mix of both cgroup hierarchies: show it version 2 only.
void show_cgroup2_only() {
    if (!std::filesystem::exists("/sys/fs/cgroup/unified"))
        return;
    if (unshare(CLONE_NEWNS) < 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0 ||
        mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, nullptr) < 0)
        give_up("a mount namespace for the benchmark");
}

constexpr std::size_t host_floor = 0, private_floor = 2; // places in all_variants()

struct Variant {
    std::string name;
    std::size_t floor = private_floor;    // the variant that it is measured against
    double budget = 0;                    // 0: none
    std::size_t every = 1;                // run in each n-th round only
    bool spare = true;                    // with a sandbox made ahead
    std::function<std::uint64_t()> start; // returns when the request was made
    std::vector<double> took{};           // microseconds
};

double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

void run_once(Variant& variant) {
    const std::uint64_t asked = variant.start();
    std::uint64_t stamp = 0;
    if (read(stamps[0], &stamp, sizeof stamp) != sizeof stamp)
        give_up(variant.name + ": no stamp");
    int status = 0;
    while (wait(&status) > 0)
        if (status != 0)
            give_up(variant.name + ": the child failed");
    variant.took.push_back(static_cast<double>(stamp - asked) / 1e3);
}

void print(const std::vector<Variant>& variants) {
    std::printf("%-58s %10s %8s %8s\n", "request to first instruction, medians", "us", "ratio", "budget");
    for (const Variant& variant : variants) {
        if (variant.took.empty())
            continue;
        const double mine = median(variant.took);
        const double ratio = mine / median(variants[variant.floor].took);
        std::printf("%-58s %10.1f %8.2f ", variant.name.c_str(), mine, ratio);
        if (variant.budget > 0)
            std::printf("%8.2f %s", variant.budget, ratio <= variant.budget ? "" : "MISSED");
        std::printf("\n");
    }
}

// The launcher and the pod that was made last.
class Pods {
  public:
    Pods() {
        auto launcher = Launcher::open();
        auto factory = SandboxFactory::open();
        if (!launcher || !factory)
            give_up("opening the launcher");
        launcher_.emplace(std::move(*launcher));
        factory_.emplace(std::move(*factory));
    }

    std::uint64_t launch(Plan plan) {
        const std::uint64_t asked = now();
        if (!launcher_->launch(std::move(plan), 1))
            give_up("launch");
        return asked;
    }

    std::uint64_t launch_pod(Plan plan) {
        last_ = std::move(sandbox_); // its end is not this start's cost
        const std::uint64_t asked = now();
        auto made = factory_->make({.hostname = "pod"});
        if (!made)
            give_up("sandbox");
        sandbox_ = std::move(*made);
        launch_in_pod(std::move(plan));
        return asked;
    }

    std::uint64_t launch_in_pod(Plan plan) {
        plan.join_net = sandbox_.net.get();
        plan.join_ipc = sandbox_.ipc.get();
        plan.join_uts = sandbox_.uts.get();
        return launch(std::move(plan));
    }

    void rest(bool prepare_spare) {
        while (!launcher_->take_reports().empty()) {
        }
        last_ = {};
        if (prepare_spare)
            factory_->prepare_spare();
        usleep(2000); // so that the kernel's deferred clean-up is not charged to the next start
    }

  private:
    std::optional<Launcher> launcher_;
    std::optional<SandboxFactory> factory_;
    Sandbox sandbox_, last_;
};

std::uint64_t launch_floor(std::uint64_t namespaces, const char* program) {
    const std::uint64_t asked = now();
    start_floor({namespaces, program});
    return asked;
}

std::vector<Variant> all_variants(Pods& pods, const std::string& directory) {
    constexpr std::uint64_t all_namespaces = CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWNS;
    std::vector<Variant> variants = {
        {.name = "floor, host: clone3, execve",
         .floor = host_floor,
         .start = [] { return launch_floor(0, NS_PAYLOAD); }},
        {.name = "host pod",
         .floor = host_floor,
         .budget = 1.5,
         .start = [&] { return pods.launch(bare_plan(NS_PAYLOAD)); }},
        {.name = "floor, private: namespaces, pivot_root, /proc, lo up",
         .start = [] { return launch_floor(all_namespaces, "/payload"); }},
        {.name = "private pod, spare sandbox",
         .budget = 1.3,
         .start = [&] { return pods.launch_pod(container_plan(false)); }},
        {.name = "private pod, spare sandbox, overlay", .start = [&] { return pods.launch_pod(container_plan(true)); }},
        {.name = "another container of that pod", .start = [&] { return pods.launch_in_pod(container_plan(false)); }},
        {.name = "private, the floor's work only, spare sandbox",
         .start = [&] { return pods.launch_pod(lean_plan()); }},
        {.name = "private pod, no spare sandbox",
         .spare = false,
         .start = [&] { return pods.launch_pod(container_plan(false)); }},
    };
    const auto add_command = [&](const char* name, std::vector<std::string> command) {
        if (access(command[0].c_str(), X_OK) == 0)
            variants.push_back(
                {.name = name, .every = 10, .start = [&pods, command] { return pods.launch(command_plan(command)); }});
    };
    add_command("crun run, the floor's namespaces",
                {"/usr/bin/crun", "--root", directory + "/state", "--cgroup-manager=disabled", "run", "-b", directory,
                 "podinit-bench-" + std::to_string(getpid())});
    add_command("bwrap, the floor's namespaces",
                {"/usr/bin/bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--bind", image,
                 "/", "--proc", "/proc", "/payload", "time"});
    return variants;
}

std::string prepare() {
    char directory[] = "/tmp/podinit-bench-XXXXXX";
    if (!mkdtemp(directory) || pipe2(stamps, O_CLOEXEC) < 0)
        give_up("preparing");
    image = std::string(directory) + "/image";
    for (const char* name : {"", "/proc", "/dev", "/sys"})
        std::filesystem::create_directory(image + name);
    std::filesystem::copy_file(NS_PAYLOAD, image + "/payload");
    char config[1024];
    std::snprintf(config, sizeof config, crun_config(), image.c_str());
    std::ofstream(std::string(directory) + "/config.json") << config;
    show_cgroup2_only();
    // What else the machine does should not decide which variant looks slow.
    const sched_param priority{.sched_priority = 1};
    if (sched_setscheduler(0, SCHED_FIFO, &priority) < 0)
        std::puts("without real-time priority: figures of a busy machine mean little");
    return directory;
}

} // namespace

int main(int argc, char** argv) {
    if (geteuid() != 0) {
        std::puts("skipped: needs root");
        return 77;
    }
    const std::size_t rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 200;
    const std::string directory = prepare();
    {
        Pods pods;
        std::vector<Variant> variants = all_variants(pods, directory);
        for (std::size_t round = 0; round < rounds; ++round)
            for (std::size_t i = 0; i < variants.size(); ++i) {
                if (round % variants[i].every == 0)
                    run_once(variants[i]);
                pods.rest(variants[(i + 1) % variants.size()].spare);
            }
        print(variants);
    }
    std::filesystem::remove_all(directory);
}
