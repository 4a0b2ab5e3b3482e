// SPDX-License-Identifier: Apache-2.0
// The cheapest server that a probe can ask: takes one connection after the other, answers what comes with 200.
//   answerer PORT      of 127.0.0.1
#include "tests/bench/bare.hpp"

#include <linux/in.h>
#include <linux/socket.h>

namespace {

constexpr char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

constexpr std::uint16_t swapped(unsigned long value) {
    return static_cast<std::uint16_t>((value & 0xff) << 8 | (value >> 8 & 0xff));
}

} // namespace

int main_bare(char** arguments, char**) {
    using bench::call;
    if (!arguments[0] || !arguments[1])
        return 2;
    constexpr int stream = 1, level_socket = 1, reuse_address = 2; // asm-generic/socket.h
    sockaddr_in address{};
    address.sin_family = 2; // AF_INET
    address.sin_port = swapped(bench::number(arguments[1]));
    address.sin_addr.s_addr = 0x0100007f;
    const long server = call(SYS_socket, 2, stream, 0);
    const int yes = 1;
    call(SYS_setsockopt, server, level_socket, reuse_address, &yes, sizeof yes);
    if (call(SYS_bind, server, &address, sizeof address) != 0 || call(SYS_listen, server, 4096) != 0)
        return 1;
    for (;;) {
        const long client = call(SYS_accept4, server, nullptr, nullptr, 0);
        char request[1024];
        if (call(SYS_read, client, request, sizeof request) > 0) // a TCP probe only connects
            call(SYS_write, client, answer, sizeof answer - 1);
        call(SYS_close, client);
    }
}
