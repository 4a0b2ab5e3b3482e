// SPDX-License-Identifier: Apache-2.0
#include "initd/get/stream.hpp"

#include "initd/probe_http.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <mbedtls/ssl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace initd {

namespace {

// An address that does not answer gets no longer than this while there are others (RFC 6555's delay, as Go has it).
constexpr timeval impatience{0, 300'000};

int random_bytes(void*, unsigned char* out, std::size_t size) {
    while (size > 0) {
        const ssize_t n = getrandom(out, size, 0);
        if (n < 0 && errno != EINTR)
            return -1;
        out += n < 0 ? 0 : n;
        size -= n < 0 ? 0 : static_cast<std::size_t>(n);
    }
    return 0;
}

// Kernel errors without their capital letter, as Go has them.
std::string error_text(int err) {
    std::string text = strerrordesc_np(err) ? strerrordesc_np(err) : "unknown error";
    if (text.size() > 1 && text[1] >= 'a' && text[1] <= 'z')
        text[0] = static_cast<char>(text[0] | 0x20);
    return text;
}

std::string address_text(const in6_addr& address, std::uint16_t port) {
    char text[INET6_ADDRSTRLEN] = "";
    if (IN6_IS_ADDR_V4MAPPED(&address))
        inet_ntop(AF_INET, address.s6_addr + 12, text, sizeof text);
    else
        inet_ntop(AF_INET6, &address, text, sizeof text);
    return join_host_port(text, port);
}

int connect_one(int socket, int family, const in6_addr& address, std::uint16_t port) {
    if (family == AF_INET6) {
        sockaddr_in6 to{};
        to.sin6_family = AF_INET6;
        to.sin6_port = htons(port);
        to.sin6_addr = address;
        return ::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    }
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    std::memcpy(&to.sin_addr, address.s6_addr + 12, sizeof to.sin_addr);
    return ::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

} // namespace

struct Stream::Tls {
    mbedtls_ssl_context session{};
    mbedtls_ssl_config config{};
    int socket;
    std::size_t received = 0;
    char first[5] = {}; // bytes that came

    explicit Tls(int on)
        : socket(on) {
        mbedtls_ssl_init(&session);
        mbedtls_ssl_config_init(&config);
    }
    ~Tls() {
        mbedtls_ssl_free(&session);
        mbedtls_ssl_config_free(&config);
    }

    static int send(void* tls, const unsigned char* bytes, std::size_t size) {
        const ssize_t n = ::send(static_cast<Tls*>(tls)->socket, bytes, size, MSG_NOSIGNAL);
        return n < 0 ? MBEDTLS_ERR_SSL_INTERNAL_ERROR : static_cast<int>(n);
    }
    static int receive(void* self, unsigned char* bytes, std::size_t size) {
        Tls& tls = *static_cast<Tls*>(self);
        const ssize_t n = ::recv(tls.socket, bytes, size, 0);
        for (ssize_t i = 0; i < n && tls.received < sizeof tls.first; ++i)
            tls.first[tls.received++] = static_cast<char>(bytes[i]);
        return n < 0 ? MBEDTLS_ERR_SSL_INTERNAL_ERROR : static_cast<int>(n);
    }
};

Stream::Stream(int socket)
    : socket_(socket)
    , family_(AF_INET6) {
    socklen_t size = sizeof family_;
    getsockopt(socket_, SOL_SOCKET, SO_DOMAIN, &family_, &size);
    fcntl(socket_, F_SETFL, fcntl(socket_, F_GETFL) & ~O_NONBLOCK);
    const int no = 0;
    setsockopt(socket_, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
}

Stream::~Stream() = default;

bool Stream::fail(std::string_view what, int err) {
    error_.assign(what).append(error_text(err));
    return false;
}

bool Stream::connect(const Addresses& addresses, std::uint16_t port) {
    tls_.reset();
    const sockaddr nobody{AF_UNSPEC, {}};
    std::string first_error;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const bool last = i + 1 == addresses.size();
        if (family_ == AF_INET && !IN6_IS_ADDR_V4MAPPED(&addresses[i])) {
            errno = EAFNOSUPPORT; // the kernel has no IPv6
        } else {
            ::connect(socket_, &nobody, sizeof nobody);
            const timeval limit = last ? timeval{} : impatience;
            setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
            if (connect_one(socket_, family_, addresses[i], port) == 0) {
                const timeval none{};
                setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof none);
                return true;
            }
        }
        if (first_error.empty())
            first_error = "dial tcp " + address_text(addresses[i], port) +
                          ": connect: " + error_text(errno == EINPROGRESS ? ETIMEDOUT : errno);
    }
    error_ = first_error;
    return false;
}

bool Stream::secure(const std::string& name) {
    tls_ = std::make_unique<Tls>(socket_);
    mbedtls_ssl_config_defaults(&tls_->config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_authmode(&tls_->config, MBEDTLS_SSL_VERIFY_NONE);
    mbedtls_ssl_conf_min_version(&tls_->config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3); // TLS 1.2
    mbedtls_ssl_conf_rng(&tls_->config, random_bytes, nullptr);
    static const char* protocols[] = {"http/1.1", nullptr};
    mbedtls_ssl_conf_alpn_protocols(&tls_->config, protocols);
    int result = mbedtls_ssl_setup(&tls_->session, &tls_->config);
    if (result == 0)
        result = mbedtls_ssl_set_hostname(&tls_->session, name.empty() ? nullptr : name.c_str());
    mbedtls_ssl_set_bio(&tls_->session, tls_.get(), Tls::send, Tls::receive, nullptr);
    if (result == 0)
        result = mbedtls_ssl_handshake(&tls_->session);
    if (result == 0)
        return true;
    if (spoke_http())
        error_ = "http: server gave HTTP response to HTTPS client";
    else if (result == MBEDTLS_ERR_SSL_CONN_EOF)
        error_ = "EOF";
    else if (result == MBEDTLS_ERR_SSL_INVALID_RECORD)
        error_ = "tls: first record does not look like a TLS handshake";
    else if (result == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
        error_ = "remote error: tls: alert " + std::to_string(tls_->session.in_msg[1]);
    else if (result == MBEDTLS_ERR_SSL_INTERNAL_ERROR && errno != 0)
        return fail("tls: ", errno);
    else
        error_ = "tls: handshake failure " + std::to_string(result);
    return false;
}

bool Stream::spoke_http() const {
    return tls_ && std::string_view(tls_->first, tls_->received) == "HTTP/";
}

bool Stream::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const long n =
            tls_ ? mbedtls_ssl_write(&tls_->session, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size())
                 : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0)
            return fail("write: ", errno);
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

long Stream::receive(char* buffer, std::size_t size) {
    const long n = tls_ ? mbedtls_ssl_read(&tls_->session, reinterpret_cast<unsigned char*>(buffer), size)
                        : ::recv(socket_, buffer, size, 0);
    if (n >= 0)
        return n;
    // Some servers end without saying so.
    if (n == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY || n == MBEDTLS_ERR_SSL_CONN_EOF)
        return 0;
    fail("read: ", errno);
    return -1;
}

} // namespace initd
