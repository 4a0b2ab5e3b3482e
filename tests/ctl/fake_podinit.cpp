// SPDX-License-Identifier: Apache-2.0
#include "tests/ctl/fake_podinit.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

namespace tests {

namespace {

[[noreturn]] void fail(const char* what) {
    throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

// Bytes up to the next NUL and the descriptors that come with them; false at the end.
bool receive(int socket, std::string& buffer, std::string& message, std::vector<ctl::Fd>& fds) {
    for (;;) {
        if (const std::size_t end = buffer.find('\0'); end != buffer.npos) {
            message = buffer.substr(0, end);
            buffer.erase(0, end + 1);
            return true;
        }
        std::array<char, 65536> bytes;
        iovec part{bytes.data(), bytes.size()};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(8 * sizeof(int))> control{};
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        const ssize_t n = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
        if (n <= 0)
            return false;
        for (cmsghdr* c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
            std::vector<int> numbers((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
            std::memcpy(numbers.data(), CMSG_DATA(c), numbers.size() * sizeof(int));
            for (const int number : numbers)
                fds.emplace_back(number);
        }
        buffer.append(bytes.data(), static_cast<std::size_t>(n));
    }
}

} // namespace

void Peer::send(const std::string& message) {
    // With its final NUL. A peer that has gone away is the test's to notice.
    for (std::size_t sent = 0; sent <= message.size();) {
        const ssize_t n = ::send(socket_, message.data() + sent, message.size() + 1 - sent, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        sent += static_cast<std::size_t>(n);
    }
}

void Peer::hang_up() {
    shutdown(socket_, SHUT_RDWR);
}

FakePodinit::FakePodinit(Answerer answerer)
    : answerer_(std::move(answerer)) {
    std::array<char, 32> name{"/tmp/podctl-test-XXXXXX"};
    if (!mkdtemp(name.data()))
        fail("mkdtemp");
    directory_ = name.data();
    listener_ = ctl::Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    socket().copy(address.sun_path, sizeof address.sun_path - 1);
    if (bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        listen(listener_.get(), 64) != 0)
        fail("listening");
    acceptor_ = std::thread([this] { accept_all(); });
}

FakePodinit::~FakePodinit() {
    shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    for (std::thread& connection : connections_)
        connection.join();
    const std::string command = "rm -rf " + directory_;
    if (system(command.c_str()) != 0)
        std::fputs("the test's directory was not removed\n", stderr);
}

std::vector<spec::Request> FakePodinit::calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
}

void FakePodinit::accept_all() {
    for (;;) {
        ctl::Fd socket(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!socket)
            return;
        connections_.emplace_back([this, s = std::move(socket)]() mutable { serve(std::move(s)); });
    }
}

void FakePodinit::serve(ctl::Fd socket) {
    std::string buffer, message;
    Peer peer(socket.get());
    while (receive(socket.get(), buffer, message, peer.fds)) {
        const auto request = spec::read_request(message);
        if (!request) {
            peer.error(request.error());
            continue;
        }
        {
            const std::lock_guard lock(mutex_);
            calls_.push_back(*request);
        }
        answerer_(*request, peer);
        peer.fds.clear();
    }
}

pid_t start_podctl(const std::string& socket, std::vector<std::string> args, int in, int out, int err) {
    args.insert(args.begin(), PODCTL);
    if (!socket.empty())
        args.insert(args.begin() + 1, {"--socket", socket});
    std::vector<char*> argv;
    for (std::string& arg : args)
        argv.push_back(arg.data());
    argv.push_back(nullptr);
    char zone[] = "TZ=UTC", terminal[] = "TERM=vt220";
    std::vector<char*> env{zone, terminal};
    for (char** variable = environ; *variable; ++variable)
        if (!std::string_view(*variable).starts_with("TZ=") && !std::string_view(*variable).starts_with("TERM="))
            env.push_back(*variable);
    env.push_back(nullptr);
    // Between fork and exec the child allocates nothing: another thread may have held the allocator's lock.
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(in, 0);
        dup2(out, 1);
        dup2(err, 2);
        execve(PODCTL, argv.data(), env.data());
        _exit(127);
    }
    return pid;
}

int wait_for(pid_t pid) {
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Outcome podctl(const std::string& socket, std::vector<std::string> args, const std::string& input) {
    // Files, so that nothing fills up while nobody reads.
    const auto temporary = [] {
        std::FILE* file = std::tmpfile();
        if (!file)
            fail("tmpfile");
        return file;
    };
    std::FILE* in = temporary();
    std::FILE* out = temporary();
    std::FILE* err = temporary();
    std::fwrite(input.data(), 1, input.size(), in);
    std::fflush(in);
    rewind(in);
    Outcome outcome;
    outcome.code = wait_for(start_podctl(socket, std::move(args), fileno(in), fileno(out), fileno(err)));
    const auto contents = [](std::FILE* file) {
        rewind(file);
        std::string text(1 << 20, '\0');
        text.resize(std::fread(text.data(), 1, text.size(), file));
        std::fclose(file);
        return text;
    };
    outcome.out = contents(out);
    outcome.err = contents(err);
    std::fclose(in);
    return outcome;
}

} // namespace tests
