// SPDX-License-Identifier: Apache-2.0
// What a container shares with its pod and with the machine: processes, ports, memory, the host's name.
#include "tests/conformance/row.hpp"

#include <arpa/inet.h>
#include <cstdio>
#include <netinet/in.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

using namespace conformance;

namespace {

const std::string host_pid = R"("hostPID": true)";
const std::string host_ipc = R"("hostIPC": true)";
const std::string host_network = R"("hostNetwork": true)";

// A segment of System V shared memory of this machine's, by which a container is known to see the machine's.
class Segment {
  public:
    Segment()
        : id_(::shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600)) {
        REQUIRE(id_ >= 0);
    }
    ~Segment() { ::shmctl(id_, IPC_RMID, nullptr); }
    std::string found_by(Row& row, const std::string& spec) const {
        return row.output_of("grep -c ' " + std::to_string(id_) + " ' /proc/sysvipc/shm", "", spec);
    }

  private:
    int id_;
};

// A port of this machine's loopback that somebody listens on.
class Port {
  public:
    Port()
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
        REQUIRE(::listen(socket_.get(), 8) == 0);
        REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
        number_ = ntohs(address.sin_port);
    }
    std::string found_by(Row& row, const std::string& spec) const {
        char line[48]; // of a socket that listens
        std::snprintf(line, sizeof line, "0100007F:%04X 00000000:0000 0A", static_cast<unsigned>(number_));
        return row.output_of(std::string("grep -c '") + line + "' /proc/net/tcp || true", "", spec);
    }

  private:
    ns::Fd socket_;
    int number_ = 0;
};

std::string node_name() {
    utsname names{};
    REQUIRE(::uname(&names) == 0);
    return names.nodename;
}

std::string hostname(Row& row, const std::string& spec) {
    return row.output_of("hostname", "", spec);
}

} // namespace

ROW("pidns-isolated", "hostns") {
    row.has({}, {runs("a", "say a-$$$$; forever"), runs("b", "say b-$$$$; forever")}, grace(0));
    CHECK(row.hears("a-1"));
    CHECK(row.hears("b-1"));
    CHECK(row.exec("p", {"sh", "-c", "cat /proc/[0-9]*/cmdline | grep -c '[s]ay b'"}, "a") == "0\n|1");
}

ROW("pidns-shared", "hostns") {
    row.has({}, {runs("a", "[ $$$$ = 1 ] || say a-other; forever"), runs("b", "[ $$$$ = 1 ] || say b-other; forever")},
            fields({R"("shareProcessNamespace": true)", grace(0)}));
    CHECK(row.hears("a-other"));
    CHECK(row.hears("b-other"));
    CHECK(row.exec("p", {"sh", "-c", "grep -lsa b-other /proc/[0-9]*/cmdline | grep -vc self"}, "a").ends_with("|0"));
}

// podinit is the machine here, and the first of its processes is the test.
ROW("hostpid-true", "hostns") {
    CHECK(row.output_of("cat /proc/1/comm; [ $$$$ = 1 ] || echo other", "", host_pid) == "conformance_tes other");
}

ROW("hostpid-false", "hostns") {
    CHECK(row.output_of("cat /proc/1/comm; echo $$$$; cat /proc/[0-9]*/comm | grep -c podinit || true") == "sh 1 0");
}

ROW("hostipc-true", "hostns") {
    CHECK(Segment().found_by(row, host_ipc) == "1");
}

ROW("hostipc-false", "hostns") {
    CHECK(Segment().found_by(row, "").starts_with("0"));
}

ROW("hostnet-true", "hostns") {
    CHECK(Port().found_by(row, host_network) == "1");
}

ROW("hostnet-false", "hostns") {
    CHECK(Port().found_by(row, "") == "0");
}

ROW("dns-hostname-honoured", "hostname") {
    CHECK(hostname(row, R"("hostname": "mine")") == "mine");
}

ROW("dns-hostname-hostnet", "hostname") {
    CHECK(hostname(row, fields({host_network, R"("hostname": "mine")"})) == node_name());
}

ROW("hostname-fqdn-noeffect", "hostname") {
    CHECK(hostname(row, R"("setHostnameAsFQDN": true)") == "p");
}

ROW("hostname-override-fqdn", "hostname") {
    CHECK(row.refused("", R"("hostnameOverride": "over", "setHostnameAsFQDN": true)").starts_with("/spec/"));
}

ROW("hostname-override-hostnet", "hostname") {
    CHECK(row.refused("", fields({host_network, R"("hostnameOverride": "over")"})).starts_with("/spec/"));
}

ROW("hostname-override-invalid", "hostname") {
    CHECK(row.refused("", R"("hostnameOverride": "Not A Name")").starts_with("/spec/hostnameOverride: "));
    CHECK(row.refused("", R"("hostnameOverride": ")" + std::string(65, 'a') + "\"")
              .starts_with("/spec/hostnameOverride: "));
}

ROW("pod-hostip", "network") {
    row.has({}, {lives("c")});
    REQUIRE(row.until_ready());
    in_addr address{};
    CHECK(::inet_pton(AF_INET, row.view().status.host_ip.c_str(), &address) == 1);
}
