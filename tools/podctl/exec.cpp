// SPDX-License-Identifier: Apache-2.0
// exec: podinit starts the process and hands it our pipes, or hands us its terminal; from then on the bytes pass
// between the two of us only, and podinit's last word is the exit code.
#include "tools/podctl/commands.hpp"

#include "tools/podctl/client.hpp"
#include "tools/podctl/names.hpp"
#include "tools/podctl/objects.hpp"
#include "tools/podctl/output.hpp"
#include "tools/podctl/relay.hpp"
#include "tools/podctl/terminal.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

namespace ctl {

namespace {

[[noreturn]] void fail_with_errno(std::string_view what) {
    fail({what, ": ", std::strerror(errno)});
}

struct Pipe {
    Fd read;
    Fd write;
};
Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        fail_with_errno("making a pipe");
    return {Fd(ends[0]), Fd(ends[1])};
}

// The descriptor that comes with the next byte on a socket; empty when the other side hung up instead.
Fd receive_fd(int socket) {
    char byte = 0;
    iovec part{&byte, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    ssize_t n = 0;
    do
        n = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    const cmsghdr* rights = n == 1 ? CMSG_FIRSTHDR(&header) : nullptr;
    if (!rights || rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS)
        return Fd();
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(rights), sizeof fd);
    return Fd(fd);
}

// One session, from the call to its exit code.
class Session {
  public:
    Session(Client& client, spec::Exec exec)
        : client_(client)
        , call_(std::move(exec)) {}

    int run_piped(bool with_input) {
        Pipe in = with_input ? make_pipe() : Pipe{Fd(open("/dev/null", O_RDONLY | O_CLOEXEC)), Fd()};
        Pipe out = make_pipe();
        Pipe err = make_pipe();
        client_.send({.call = call_}, std::array{in.read.get(), out.write.get(), err.write.get()});
        // Theirs now: with our copies open we would never see an end.
        in.read.reset();
        out.write.reset();
        err.write.reset();
        if (with_input)
            up_ = Upstream(STDIN_FILENO, std::move(in.write));
        down_ = {Downstream(std::move(out.read), STDOUT_FILENO), Downstream(std::move(err.read), STDERR_FILENO)};
        return relay(nullptr, -1);
    }

    int run_terminal() {
        std::array<int, 2> ends{};
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
            fail_with_errno("making a socket");
        const Fd ours(ends[0]);
        Fd theirs(ends[1]);
        client_.send({.call = call_}, std::array{theirs.get()});
        theirs.reset();
        const Fd master = wait_for_master(ours.get());
        if (!master)
            return exit_code(); // podinit says why
        copy_window_size(STDIN_FILENO, master.get());
        up_ = Upstream(STDIN_FILENO, Fd(fcntl(master.get(), F_DUPFD_CLOEXEC, 0)));
        down_[0] = Downstream(Fd(fcntl(master.get(), F_DUPFD_CLOEXEC, 0)), STDOUT_FILENO);
        SessionSignals signals;
        const RawTerminal raw(STDIN_FILENO);
        return relay(&signals, master.get());
    }

  private:
    Fd wait_for_master(int socket) const {
        std::array polls{pollfd{.fd = socket, .events = POLLIN, .revents = 0},
                         pollfd{.fd = client_.fd(), .events = POLLIN, .revents = 0}};
        while (poll(polls.data(), polls.size(), -1) < 0)
            if (errno != EINTR)
                fail_with_errno("waiting for the terminal");
        return polls[0].revents != 0 ? receive_fd(socket) : Fd();
    }

    int exit_code() { return std::get<spec::ExecDone>(value_or_fail(client_.receive(call_)).reply).exit_code; }

    // `signals` and `terminal` with a terminal only.
    int relay(SessionSignals* signals, int terminal) {
        for (;;) {
            const auto interest = [](int fd, short events) { return pollfd{.fd = fd, .events = events, .revents = 0}; };
            std::array polls{
                interest(down_[0].wants_input(), POLLIN),       interest(down_[1].wants_input(), POLLIN),
                interest(up_.wants_output(), POLLOUT),          interest(up_.wants_input(), POLLIN),
                interest(signals ? signals->fd() : -1, POLLIN), interest(client_.fd(), POLLIN),
            };
            if (poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR)
                fail_with_errno("waiting for the session");
            for (std::size_t i = 0; i < down_.size(); ++i)
                if (polls[i].revents != 0)
                    down_[i].on_input();
            if (polls[2].revents != 0)
                up_.on_output();
            if (polls[3].revents != 0)
                up_.on_input();
            if (polls[4].revents != 0)
                if (const int signal = take_signal(*signals, terminal))
                    return 128 + signal;
            if (polls[5].revents == 0)
                continue;
            // The process has ended, so all that it wrote is there to be read.
            for (Downstream& down : down_)
                while (down.on_input())
                    ;
            return exit_code();
        }
    }

    // The signal that ends the session, or 0.
    static int take_signal(SessionSignals& signals, int terminal) {
        const int signal = signals.take();
        if (signal != SIGWINCH)
            return signal;
        copy_window_size(STDIN_FILENO, terminal);
        return 0;
    }

    Client& client_;
    spec::Call call_;
    Upstream up_;
    std::array<Downstream, 2> down_; // standard output (or the terminal), standard error
};

} // namespace

int run_exec(const Common& common, const ExecOptions& options) {
    if (options.command.empty())
        fail({"you must specify at least one command for the container"});
    const Asked asked = parse_target(options.pod);
    Client client(common.socket);
    const spec::PodView pod = find_pod(client, common.namespace_or_default(), asked, true);
    const std::string container = choose_container(pod, options.container, options.quiet);
    const bool terminal = options.tty && options.in && isatty(STDIN_FILENO) == 1;
    if (options.tty && options.in && !terminal && !options.quiet)
        complain({"Unable to use a TTY - input is not a terminal or the right kind of file"});
    signal(SIGPIPE, SIG_IGN); // a process that stops reading its input is no reason to die
    const char* term = std::getenv("TERM");
    Session session(client, {.namespace_ = common.namespace_or_default(),
                             .name = pod.pod.metadata.name,
                             .container = container,
                             .command = options.command,
                             .tty = terminal,
                             .term = terminal && term ? term : ""});
    const int code = terminal ? session.run_terminal() : session.run_piped(options.in);
    if (code != 0)
        complain({"command terminated with exit code ", std::to_string(code)});
    return code;
}

} // namespace ctl
