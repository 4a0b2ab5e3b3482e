// SPDX-License-Identifier: Apache-2.0
// talk SOCKET: sends standard input to a UNIX socket and prints what comes back, until the other side closes or says
// nothing for two seconds. What nc cannot do in BusyBox.
#include <cstdio>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char** argv) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (argc != 2 || std::strlen(argv[1]) >= sizeof address.sun_path) {
        std::fputs("usage: talk SOCKET\n", stderr);
        return 2;
    }
    std::strcpy(address.sun_path, argv[1]);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        std::perror("talk: connect");
        return 1;
    }
    char buffer[65536];
    ssize_t got;
    while ((got = read(STDIN_FILENO, buffer, sizeof buffer)) > 0)
        if (send(fd, buffer, static_cast<std::size_t>(got), MSG_NOSIGNAL) < 0)
            break; // the other side has closed; its last words may still be there
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    while (poll(&ready, 1, 2000) == 1 && (got = read(fd, buffer, sizeof buffer)) > 0)
        if (write(STDOUT_FILENO, buffer, static_cast<std::size_t>(got)) != got)
            return 1;
    return 0;
}
