// SPDX-License-Identifier: Apache-2.0
#include "tests/boot/workshop.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace boot {

namespace {

struct Workshop {
    std::string directory;

    Workshop() {
        char name[] = "/tmp/podinit-workshop-XXXXXX";
        if (mkdtemp(name) == nullptr)
            throw std::runtime_error("mkdtemp fails");
        directory = name;
    }
    Workshop(const Workshop&) = delete;
    Workshop& operator=(const Workshop&) = delete;
    ~Workshop() { (void)!std::system(("rm -rf " + directory).c_str()); }
};

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

} // namespace

const std::string& workshop() {
    static const Workshop the;
    return the.directory;
}

std::string shell(const std::string& command) {
    // Like /usr/sbin for mke2fs, whoever runs the tests.
    const std::string line = "cd " + workshop() + " && export PATH=$PATH:/usr/sbin:/sbin && { " + command + "\n} 2>&1";
    FILE* pipe = popen(line.c_str(), "r");
    if (pipe == nullptr)
        throw std::runtime_error("popen fails");
    std::string output;
    std::array<char, 4096> buffer;
    while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe))
        output.append(buffer.data(), got);
    if (const int status = pclose(pipe); status != 0)
        throw std::runtime_error(command + ": status " + std::to_string(status) + "\n" + output);
    return output;
}

std::string write_file(const std::string& name, std::string_view content) {
    std::string path = workshop() + "/" + name;
    shell("mkdir -p \"$(dirname '" + path + "')\"");
    std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
    return path;
}

std::string build_appliance(const std::string& name, const std::string& arguments) {
    std::string directory = workshop() + "/" + name;
    shell("PODINIT_BUILD=" BUILD_ROOT " " SOURCE_ROOT "/tools/appliance build -o " + directory + " " + arguments);
    return directory;
}

void make_disk(unsigned mebibytes) {
    shell("mkdir root && cd root && { zstd -dcq < ../tree/initrd || gzip -dc < ../tree/initrd; } | cpio -id --quiet && "
          "rm init && cd .. && truncate -s " +
          std::to_string(mebibytes) + "M disk && mke2fs -q -t ext4 -d root disk && e2fsck -fn disk");
    shell("mkdir -p s1/stage/dev s1/stage/proc s1/stage/sys s1/stage/mnt s1/stage/bin && cd s1/stage && "
          "cp ../../root/bin/busybox bin/ && ln -s busybox bin/sh && cp -a ../../root/lib . && cp " SOURCE_ROOT
          "/tests/boot/stage1 init && find . | cpio -o --quiet -H newc > ../../stage1.cpio");
}

const std::string& myapp_image() {
    static const std::string directory = [] {
        std::string made = workshop() + "/myapp";
        shell(SOURCE_ROOT "/tools/demo.d/make-myapp " + made);
        return made;
    }();
    return directory;
}

std::uint16_t free_port() {
    sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0)
        throw std::runtime_error("no free port");
    close(fd);
    return ntohs(address.sin_port);
}

std::string http_get(std::uint16_t port, std::string_view path) {
    const sockaddr_in address = loopback(port);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    std::string answer;
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        const std::string request = "GET " + std::string(path) + " HTTP/1.0\r\n\r\n";
        (void)!send(fd, request.data(), request.size(), MSG_NOSIGNAL);
        std::array<char, 4096> buffer;
        pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
        while (poll(&ready, 1, 10'000) == 1) {
            const ssize_t got = read(fd, buffer.data(), buffer.size());
            if (got <= 0)
                break;
            answer.append(buffer.data(), static_cast<std::size_t>(got));
        }
    }
    close(fd);
    return answer;
}

} // namespace boot
