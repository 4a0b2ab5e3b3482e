// SPDX-License-Identifier: Apache-2.0
// Real faults in a guarded program that is the first process of a PID namespace: it comes back, and loses nothing.
#include "tests/catch.hpp"
#include "tests/daemon/supervisor_rig.hpp"

#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace initd;

namespace {

bool may_make_namespaces() {
    if (::geteuid() == 0)
        return true;
    WARN("skipped: PID namespaces need root");
    return false;
}

class Victim {
  public:
    explicit Victim(std::vector<std::string> arguments = {}, std::string program = VICTIM) {
        int in[2], out[2], err[2];
        REQUIRE(::pipe2(in, O_CLOEXEC) == 0);
        REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
        REQUIRE(::pipe2(err, O_CLOEXEC) == 0);
        in_.reset(in[1]), out_.reset(out[0]), err_.reset(err[0]);
        ::fcntl(err[0], F_SETFL, O_NONBLOCK);
        arguments.insert(arguments.begin(), program);
        std::vector<char*> argv;
        for (std::string& argument : arguments)
            argv.push_back(argument.data());
        argv.push_back(nullptr);
        pid_ = static_cast<pid_t>(::syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0));
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (int signo = 1; signo < 32; ++signo)
                std::signal(signo, SIG_DFL); // Catch2 handles some
            ::dup2(in[0], 0), ::dup2(out[1], 1), ::dup2(err[1], 2);
            ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
            ::mount("proc", "/proc", "proc", 0, nullptr);
            ::execv(program.c_str(), argv.data());
            ::_exit(99);
        }
        REQUIRE(pid_ > 0);
        ::close(in[0]), ::close(out[1]), ::close(err[1]);
    }
    ~Victim() {
        if (pid_ <= 0)
            return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

    void tell(const std::string& line) const {
        const std::string text = line + "\n";
        REQUIRE(::write(in_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    // "" when nothing is said for a while.
    std::string hear() {
        for (;;) {
            if (const auto end = heard_.find('\n'); end != heard_.npos) {
                const std::string line = heard_.substr(0, end);
                heard_.erase(0, end + 1);
                return line;
            }
            pollfd ready{out_.get(), POLLIN, 0};
            char bytes[4096];
            const ssize_t n = ::poll(&ready, 1, 30'000) > 0 ? ::read(out_.get(), bytes, sizeof bytes) : 0;
            if (n <= 0)
                return "";
            heard_.append(bytes, static_cast<std::size_t>(n));
        }
    }
    bool can_hear() const {
        pollfd ready{out_.get(), POLLIN, 0};
        return ::poll(&ready, 1, 0) > 0;
    }
    std::string ask(const std::string& line) {
        tell(line);
        return hear();
    }
    // All that came on standard error so far.
    const std::string& said() {
        char bytes[4096];
        for (ssize_t n; (n = ::read(err_.get(), bytes, sizeof bytes)) > 0;)
            said_.append(bytes, static_cast<std::size_t>(n));
        return said_;
    }
    bool says(const std::string& text) {
        return eventually([&] { return said().find(text) != std::string::npos; });
    }
    // Its wait status; -1: it still lives.
    int ended() {
        int status = -1;
        if (eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }))
            pid_ = -1;
        return status;
    }
    pid_t pid() const { return pid_; }

  private:
    pid_t pid_ = -1;
    ns::Fd in_, out_, err_;
    std::string heard_, said_;
};

} // namespace

TEST_CASE("a PID 1 that faults executes itself again, says why, and keeps its children") {
    if (!may_make_namespaces())
        return;
    Victim victim;
    const std::string child = victim.ask("child");
    const struct {
        const char *harm, *name;
    } table[] = {
        {"null", "SIGSEGV at 0x8,"}, {"nowhere", "SIGSEGV at 0x10, ip 0x10,"},
        {"abort", "SIGABRT"},        {"terminate", "SIGABRT"},
        {"throw", "SIGABRT"},        {"illegal", "SIGILL"},
        {"trap", "SIGTRAP"},         {"divide", "SIGFPE"},
        {"bus", "SIGBUS"},           {"overflow", "SIGSEGV"},
        {"stack", "SIGSEGV"},        {"scribble", "SIG"},
    };
    int crashes = 0;
    for (const auto& row : table) {
        INFO(row.harm);
        victim.tell(row.harm);
        REQUIRE(victim.ask("count") == std::to_string(++crashes) + " 0");
        CHECK(victim.says("crash " + std::to_string(crashes) + ", 1 in a row: " + row.name));
        CHECK(victim.ask("pid") == "1");
        CHECK(victim.ask("reap") == "none");
    }
    // Turns between them: the next crash is the first in a row again.
    CHECK(victim.said().find("in hand: call 0x4 0x6e, stack: 0x") != std::string::npos);
    CHECK(victim.said().find("too often") == std::string::npos);
    REQUIRE(!child.empty());
}

TEST_CASE("a fault in the handler itself leads to the next image all the same") {
    if (!may_make_namespaces())
        return;
    Victim victim;
    const std::string child = victim.ask("child");
    victim.tell("handler");
    CHECK(victim.ask("pid") == "1");
    CHECK(victim.ask("count") == "0 0"); // it could not be noted
    CHECK(victim.ask("reap") == "none");
}

TEST_CASE("a fork's fault is its own") {
    if (!may_make_namespaces())
        return;
    Victim victim;
    CHECK(victim.ask("fork") == "signal 11");
    CHECK(victim.ask("count") == "0 0");
}

TEST_CASE("a loop that hangs is left for the next image, in user space and in a system call") {
    if (!may_make_namespaces())
        return;
    Victim victim({"300"}); // ms
    const std::string child = victim.ask("child");
    victim.tell("hang");
    CHECK(victim.ask("count") == "1 0");
    CHECK(victim.says("1 in a row: hang"));
    victim.tell("block");
    CHECK(victim.ask("count") == "2 0");
    CHECK(victim.ask("reap") == "none");
}

TEST_CASE("a loop that waits does not hang") {
    if (!may_make_namespaces())
        return;
    Victim victim({"20"});
    for (int i = 0; i < 5; ++i) {
        CHECK(victim.ask("count") == "0 0");
        ::usleep(60'000); // three times as long as it may work
    }
}

TEST_CASE("two thousand crashes leave no descriptor, no mapping and no zombie behind") {
    if (!may_make_namespaces())
        return;
    Victim victim;
    victim.tell("null");
    const std::string before = victim.ask("resources");
    for (int i = 0; i < 2'000; ++i)
        victim.tell(i % 2 ? "null" : "abort");
    CHECK(victim.ask("count").starts_with("2001 "));
    CHECK(victim.ask("resources") == before);
    CHECK(victim.ask("reap") == "none");
}

TEST_CASE("the program that runs is executed, though its file has been replaced or removed") {
    if (!may_make_namespaces())
        return;
    const TempDir temp;
    const std::string program = temp.path() + "/victim", other = temp.path() + "/other";
    REQUIRE(std::system(("cp " VICTIM " " + program + " && cp /bin/true " + other).c_str()) == 0);
    Victim victim({}, program);
    REQUIRE(victim.ask("pid") == "1");
    REQUIRE(::rename(other.c_str(), program.c_str()) == 0);
    victim.tell("null");
    CHECK(victim.ask("count") == "1 0");
    REQUIRE(::unlink(program.c_str()) == 0);
    victim.tell("null");
    CHECK(victim.ask("count") == "2 0");
}

TEST_CASE("children that are on their way when podinit crashes arrive") {
    if (!may_make_namespaces())
        return;
    Victim victim;
    victim.tell("launch");
    REQUIRE(victim.ask("count") == "1 0");
    int arrived = 0;
    CHECK(eventually([&] {
        const std::string child = victim.ask("reap");
        if (child != "none") {
            CHECK(child.ends_with(" 0"));
            ++arrived;
        }
        return arrived == 40;
    }));
}

TEST_CASE("a program that cannot be executed leaves the last resort, which reaps and comes back when it can") {
    if (!may_make_namespaces())
        return;
    const TempDir temp;
    const std::string program = temp.path() + "/victim";
    REQUIRE(std::system(("cp " VICTIM " " + program).c_str()) == 0);
    Victim victim({}, program);
    victim.tell("cannot");
    REQUIRE(victim.says("cannot be executed again"));
    victim.tell("ended");
    ::kill(victim.pid(), SIGHUP); // still in vain
    REQUIRE(::close(::open((program + ".may").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == 0);
    CHECK(eventually([&] {
        ::kill(victim.pid(), SIGHUP); // or it would be tried after ten seconds
        return victim.can_hear();
    }));
    CHECK(victim.hear() == "1 1 7");
    CHECK(victim.ask("count") == "1 0");
}

TEST_CASE("a program that took over and crashes again and again gives way to the one before") {
    if (!may_make_namespaces())
        return;
    const TempDir temp;
    const std::string program = temp.path() + "/victim";
    REQUIRE(std::system(("cp " VICTIM " " + program + "; cp " VICTIM " " + program + "-faulty").c_str()) == 0);
    Victim victim({}, program);
    victim.tell("become");
    CHECK(victim.ask("count") == "8 0");
    CHECK(victim.says("executing the podinit before this one"));
    victim.tell("null");
    CHECK(victim.ask("count") == "9 0");
}

TEST_CASE("crashes in a row end in the last resort, which reaps and obeys") {
    if (!may_make_namespaces())
        return;
    Victim victim({"--faulty"});
    REQUIRE(victim.says("8 in a row: SIGSEGV"));
    REQUIRE(victim.says("too often in a row"));
    CHECK(victim.said().find("9 in a row") == std::string::npos);
    ::kill(victim.pid(), SIGTERM);
    const int status = victim.ended();
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 1);
}
