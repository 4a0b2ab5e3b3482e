// SPDX-License-Identifier: Apache-2.0
#include "tests/boot/machine.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace boot {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t last_words = 4000;

int milliseconds_until(Clock::time_point deadline) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now()).count();
    return left > 0 ? static_cast<int>(left) : 0;
}

// Without ANSI escape sequences and carriage returns.
std::string plain(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\033' && i + 1 < text.size() && text[i + 1] == '[') {
            i += 2;
            while (i < text.size() && (text[i] < '@' || text[i] > '~'))
                ++i;
        } else if (text[i] != '\r') {
            out += text[i];
        }
    }
    return out;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> out;
    for (std::string& word : words)
        out.push_back(word.data());
    out.push_back(nullptr);
    return out;
}

} // namespace

Machine::Machine(const Options& options) {
    char directory[] = "/tmp/podinit-boot-XXXXXX";
    if (mkdtemp(directory) == nullptr)
        throw std::runtime_error("mkdtemp fails");
    monitor_path_ = std::string(directory) + "/monitor";

    std::vector<std::string> words = {SOURCE_ROOT "/tools/appliance", "run", options.appliance, "--monitor",
                                      monitor_path_};
    words.insert(words.end(), {"--append", "panic=-1 " + options.append});
    words.insert(words.end(), options.arguments.begin(), options.arguments.end());
    std::vector<char*> argv = pointers(words);

    std::array<int, 2> in{}, out{};
    if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0)
        throw std::runtime_error("pipe2 fails");
    pid_ = fork();
    if (pid_ < 0)
        throw std::runtime_error("fork fails");
    if (pid_ == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        dup2(out[1], STDERR_FILENO);
        execv(argv[0], argv.data());
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    input_ = in[1];
    output_ = out[0];
    std::signal(SIGPIPE, SIG_IGN);
}

Machine::~Machine() {
    close(input_);
    close(output_);
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    unlink(monitor_path_.c_str());
    rmdir(monitor_path_.substr(0, monitor_path_.rfind('/')).c_str());
}

// Takes what the console has said; false at the deadline and when the machine is gone.
bool Machine::read_some(Clock::time_point deadline) {
    for (;;) {
        pollfd ready{.fd = output_, .events = POLLIN, .revents = 0};
        const int n = poll(&ready, 1, milliseconds_until(deadline));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        std::array<char, 4096> buffer;
        const ssize_t got = read(output_, buffer.data(), buffer.size());
        if (got <= 0)
            return false;
        text_.append(buffer.data(), static_cast<std::size_t>(got));
        return true;
    }
}

bool Machine::says(std::string_view text, Seconds patience) {
    const auto deadline = Clock::now() + patience;
    for (;;) {
        const std::size_t found = text_.find(text, consumed_);
        if (found != std::string::npos) {
            consumed_ = found + text.size();
            return true;
        }
        if (!read_some(deadline))
            return false;
    }
}

void Machine::expect(std::string_view text, Seconds patience) {
    if (!says(text, patience))
        fail("the console did not say \"" + std::string(text) + "\"");
}

void Machine::type(std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = write(input_, text.data(), text.size());
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            fail("the console takes no input");
        text.remove_prefix(static_cast<std::size_t>(n));
    }
}

void Machine::login(Seconds patience) {
    expect("# ", patience);
    type("stty -echo; PS1=; PS2=\n");
    // The mark is not in the echo of what was typed.
    type("echo \"rea\"\"dy to type\"\n");
    expect("ready to type", Seconds(20));
    expect("\n", Seconds(5));
}

Outcome Machine::run(std::string_view command, Seconds patience) {
    const std::string mark = "[[" + std::to_string(++commands_) + " ";
    type("{ " + std::string(command) + "\n} 2>&1; echo \"" + mark + "$? ]]\"\n");
    const std::size_t begin = consumed_;
    expect(mark, patience);
    Outcome outcome;
    const std::size_t end = consumed_ - mark.size();
    expect(" ]]", Seconds(10));
    outcome.status = std::atoi(text_.c_str() + end + mark.size());
    expect("\n", Seconds(10));
    outcome.output = plain(std::string_view(text_).substr(begin, end - begin));
    return outcome;
}

Outcome Machine::run_until(std::string_view command, std::string_view text, Seconds patience) {
    const auto deadline = Clock::now() + patience;
    for (;;) {
        Outcome outcome = run(command, patience);
        if (outcome.output.find(text) != std::string::npos || Clock::now() > deadline)
            return outcome;
        poll(nullptr, 0, 200);
    }
}

void Machine::monitor(std::string_view command) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, monitor_path_.c_str(), monitor_path_.size() + 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        fail("QEMU's monitor cannot be reached");
    const std::string line = std::string(command) + "\n";
    // The monitor drops what comes before its greeting and its prompt after a command says that it is done.
    std::string answer;
    const auto deadline = Clock::now() + Seconds(10);
    bool sent = false;
    for (;;) {
        const std::size_t prompt = answer.find("(qemu) ");
        if (prompt != std::string::npos) {
            if (sent)
                break;
            answer.clear();
            sent = send(fd, line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size());
        }
        pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
        std::array<char, 1024> buffer;
        const ssize_t got =
            poll(&ready, 1, milliseconds_until(deadline)) == 1 ? read(fd, buffer.data(), buffer.size()) : 0;
        if (got <= 0)
            break; // "quit" closes it
        answer.append(buffer.data(), static_cast<std::size_t>(got));
    }
    close(fd);
    if (!sent)
        fail("QEMU's monitor does not answer");
}

bool Machine::ends(Seconds patience) {
    const auto deadline = Clock::now() + patience;
    while (read_some(deadline)) {
    }
    while (pid_ > 0) {
        if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
            pid_ = -1;
            return true;
        }
        if (Clock::now() > deadline)
            return false;
        poll(nullptr, 0, 20);
    }
    return true;
}

std::string Machine::transcript() const {
    return plain(text_);
}

void Machine::fail(const std::string& what) const {
    const std::string all = transcript();
    throw std::runtime_error(what + ". The last that it said:\n" +
                             all.substr(all.size() - std::min(all.size(), last_words)));
}

} // namespace boot
