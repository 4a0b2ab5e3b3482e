// SPDX-License-Identifier: Apache-2.0
// A service as other inits know them: each argument is a verb, carried out in order. Static, so that a directory with
// nothing else in it is its image.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace {

int notify_socket = -1;

// As sd_pid_notify_with_fds(3): -1 in `fd` is none. Blocks when nobody reads.
bool notify(std::string_view text, int fd = -1) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const char* path = getenv("NOTIFY_SOCKET");
    if (!path)
        return false;
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (notify_socket < 0)
        notify_socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)]{};
    iovec iov{const_cast<char*>(text.data()), text.size()};
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = sizeof address;
    message.msg_iov = &iov;
    message.msg_iovlen = 1;
    if (fd >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        *header = {CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS};
        memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    return sendmsg(notify_socket, &message, MSG_NOSIGNAL) >= 0;
}

// As sd_notify_barrier(3): over when the other side has closed what it was sent.
bool barrier() {
    int ends[2];
    if (pipe(ends) != 0 || !notify("BARRIER=1", ends[1]))
        return false;
    close(ends[1]);
    pollfd hung_up{ends[0], 0, 0};
    const bool over = poll(&hung_up, 1, 10'000) == 1 && (hung_up.revents & POLLHUP);
    close(ends[0]);
    return over;
}

// Each connection to descriptor `fd` gets our pid's line, and is closed.
void serve(int fd, int connections) {
    for (int i = 0; i < connections; ++i) {
        const int client = accept(fd, nullptr, nullptr);
        if (client < 0)
            exit(90);
        dprintf(client, "served\n");
        close(client);
    }
}

// As many processes that nobody waits for; they end together, once all of them are there and we are not their parent.
void orphan(int processes) {
    int ends[2];
    if (pipe(ends) != 0 || fork() != 0)
        _exit(0);
    int made = 0;
    for (int i = 0; i < processes; ++i) {
        const int child = fork();
        if (child == 0) {
            char none;
            close(ends[1]);
            (void)!read(ends[0], &none, 1);
            _exit(0);
        }
        made += child > 0;
    }
    dprintf(1, "orphaned %d\n", made);
    _exit(0);
}

// Answers each byte that comes on any connection to the socket `path` with the next number, and says so.
[[noreturn]] void count(const char* path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    unlink(path);
    pollfd fds[16]{{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), POLLIN, 0}};
    if (bind(fds[0].fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(fds[0].fd, 8) != 0)
        exit(92);
    for (nfds_t used = 1, number = 0;;) {
        poll(fds, used, -1);
        if (fds[0].revents && used < sizeof fds / sizeof fds[0])
            fds[used++] = {accept(fds[0].fd, nullptr, nullptr), POLLIN, 0};
        for (nfds_t i = 1; i < used; ++i) {
            char byte = 0;
            if (!fds[i].revents)
                continue;
            if (read(fds[i].fd, &byte, 1) == 1) {
                printf("asked %lu\n", ++number);
                dprintf(fds[i].fd, "%lu\n", number);
            } else {
                close(fds[i].fd);
                fds[i] = fds[--used];
            }
        }
    }
}

} // namespace

int main(int, char** argument) {
    setvbuf(stdout, nullptr, _IOLBF, 0);
    while (*++argument) {
        const std::string_view verb = *argument;
        const auto next = [&] { return argument[1] ? *++argument : *argument; };
        if (verb == "notify") {
            if (!notify(next()))
                printf("notify: %s\n", strerror(errno));
        } else if (verb == "barrier") {
            printf("barrier %s\n", barrier() ? "passed" : strerror(errno));
        } else if (verb == "flood") {
            for (;;)
                notify(next());
        } else if (verb == "write") { // FD TEXT
            const int fd = atoi(next());
            const char* text = next();
            (void)!write(fd, text, strlen(text));
        } else if (verb == "env") {
            const char* name = next();
            const char* value = getenv(name);
            printf("%s=%s\n", name, value ? value : "(none)");
        } else if (verb == "pid") {
            printf("pid=%d\n", getpid());
        } else if (verb == "say") {
            printf("%s\n", next());
        } else if (verb == "serve") { // FD CONNECTIONS
            const int fd = atoi(next());
            serve(fd, atoi(next()));
        } else if (verb == "orphan") {
            const int processes = atoi(next());
            if (fork() == 0)
                orphan(processes);
        } else if (verb == "count") {
            count(next());
        } else if (verb == "await") { // a file
            const char* path = next();
            while (access(path, F_OK) != 0)
                usleep(5'000);
        } else if (verb == "exit") {
            return atoi(next());
        } else if (verb == "stay") {
            signal(SIGTERM, [](int) { _exit(0); });
            for (;;)
                pause();
        } else {
            printf("unknown verb %s\n", *argument);
            return 91;
        }
    }
    return 0;
}
