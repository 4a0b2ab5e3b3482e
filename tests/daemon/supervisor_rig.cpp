// SPDX-License-Identifier: Apache-2.0
#include "tests/daemon/supervisor_rig.hpp"

#include "tests/catch.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace initd {

using std::chrono::steady_clock;

namespace {

const std::string grace = R"("terminationGracePeriodSeconds")";

std::size_t entries(const std::string& path, bool numbers) {
    DIR* dir = ::opendir(path.c_str());
    std::size_t count = 0;
    while (const dirent* entry = dir ? ::readdir(dir) : nullptr)
        count += numbers ? std::isdigit(static_cast<unsigned char>(entry->d_name[0])) != 0 : entry->d_name[0] != '.';
    if (dir)
        ::closedir(dir);
    return count;
}

void enter_namespaces() {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getpid() != 1 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("proc", "/proc", "proc", 0, nullptr) != 0)
        ::_exit(99);
}

[[noreturn]] void become_podinit(const std::vector<const char*>& argv, const std::string& output) {
    for (int signo = 1; signo < 32; ++signo)
        std::signal(signo, SIG_DFL); // Catch2 handles some
    const int fd = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(fd, STDOUT_FILENO);
    ::dup2(fd, STDERR_FILENO);
    ::close_range(3, ~0u, 0);
    ::execv(argv[0], const_cast<char* const*>(argv.data()));
    ::_exit(98);
}

// The first process of the namespaces: runs podinit, and ends with its exit code and a word on who was left.
[[noreturn]] void run_podinit(const std::vector<const char*>& argv, const std::string& output) {
    const pid_t podinit = ::fork();
    if (podinit == 0)
        become_podinit(argv, output);
    int status = 0;
    for (pid_t ended = 0; ended != podinit;)
        ended = ::wait(&status);
    // Who was killed just now may still be on its way out.
    std::size_t left = 0;
    for (int i = 0; i < 200; ++i) {
        while (::waitpid(-1, nullptr, WNOHANG) > 0) {
        }
        left = entries("/proc", true) - 1;
        if (left == 0)
            break;
        ::usleep(10'000);
    }
    ::_exit(left > 0 ? 100 + static_cast<int>(left) : WIFEXITED(status) ? WEXITSTATUS(status) : 97);
}

pid_t only_child_of(pid_t pid) {
    const std::string p = std::to_string(pid);
    return std::atoi(read_text("/proc/" + p + "/task/" + p + "/children").c_str());
}

std::string_view word(spec::Outcome outcome) {
    switch (outcome) {
    case spec::Outcome::Created: return "created";
    case spec::Outcome::Configured: return "configured";
    case spec::Outcome::Unchanged: return "unchanged";
    case spec::Outcome::Ignored: return "ignored";
    }
    return "";
}

template <class T>
Answered<T> as(const Answered<spec::Answer>& answer) {
    if (!answer)
        return std::unexpected(answer.error());
    return std::get<T>(answer->reply);
}

} // namespace

const std::string until_term = "trap 'exit 0' TERM; while :; do sleep 1000 & wait; done";
const std::string on_host = R"("hostNetwork": true, "hostPID": true, "hostIPC": true)";

std::string script(const std::string& text) {
    std::string escaped;
    for (char c : text) {
        if (c == '"' || c == '\\')
            escaped += '\\';
        escaped += c;
    }
    return R"("command": ["/bin/sh", "-c", ")" + escaped + "\"]";
}

// A shell that is told to end before it has set its trap must not take half a minute.
std::string pod_json(const std::string& name, const std::string& container, const std::string& spec) {
    return R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": ")" + name +
           R"("}, "spec": {"containers": [{"name": "c", "image": "host", )" + container + "}]" +
           (spec.find(grace) == spec.npos ? ", " + grace + ": 3" : "") + (spec.empty() ? "" : ", " + spec) + "}}";
}

bool can_supervise() {
    if (::geteuid() != 0) {
        WARN("skipped: running containers needs root");
        return false;
    }
    const pid_t child = static_cast<pid_t>(
        ::syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | SIGCHLD, 0, 0, 0, 0));
    if (child == 0)
        ::_exit(0);
    if (child > 0)
        ::waitpid(child, nullptr, 0);
    else
        WARN("skipped: no namespaces here: " << std::strerror(errno));
    return child > 0;
}

// ---- Connection ---------------------------------------------------------------------------------------------------

Connection::Connection(const std::string& path, std::chrono::milliseconds patience)
    : patience_(patience) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const bool connected = eventually([&] {
        socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        return ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    });
    REQUIRE(connected);
}

bool Connection::send_bytes(std::string_view bytes, const std::vector<int>& fds) {
    std::vector<char> control(CMSG_SPACE(sizeof(int) * fds.size()));
    while (!bytes.empty()) {
        iovec iov{const_cast<char*>(bytes.data()), bytes.size()};
        msghdr message{};
        message.msg_iov = &iov;
        message.msg_iovlen = 1;
        if (!fds.empty()) {
            message.msg_control = control.data();
            message.msg_controllen = control.size();
            cmsghdr* header = CMSG_FIRSTHDR(&message);
            *header = {CMSG_LEN(sizeof(int) * fds.size()), SOL_SOCKET, SCM_RIGHTS};
            std::memcpy(CMSG_DATA(header), fds.data(), sizeof(int) * fds.size());
        }
        const ssize_t sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool Connection::send(const spec::Request& request, const std::vector<int>& fds) {
    return send_bytes(spec::write_request(request) + '\0', fds);
}

Answered<spec::Answer> Connection::receive(const spec::Call& call) {
    for (;;) {
        if (const auto end = in_.find('\0'); end != in_.npos) {
            const std::string message = in_.substr(0, end);
            in_.erase(0, end + 1);
            return spec::read_answer(message, call);
        }
        pollfd ready{socket_.get(), POLLIN, 0};
        if (::poll(&ready, 1, static_cast<int>(patience_.count())) <= 0)
            return std::unexpected(spec::failed("timeout"));
        char bytes[65536];
        const ssize_t got = ::recv(socket_.get(), bytes, sizeof bytes, 0);
        if (got <= 0)
            return std::unexpected(spec::failed("closed"));
        in_.append(bytes, static_cast<std::size_t>(got));
    }
}

// ---- Supervisor ---------------------------------------------------------------------------------------------------

Supervisor::Supervisor(std::string_view config, std::string program, Rank rank, std::string output)
    : program_(program.empty() ? PODINIT : std::move(program))
    , rank_(rank)
    , output_(output.empty() ? dir("output") : std::move(output)) {
    for (const char* name : {"manifests", "images"})
        ::mkdir(dir(name).c_str(), 0755);
    const ns::Fd file(::open(dir("config.json").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    write_text(file.get(), config);
    start();
}

void Supervisor::start() {
    const std::string manifests = dir("manifests"), run = dir("run"), images = dir("images"),
                      config = dir("config.json"), logs = dir("run/log/pods");
    const std::vector<const char*> argv{program_.c_str(), "--manifests", manifests.c_str(), "--run-dir",
                                        run.c_str(),      "--images",    images.c_str(),    "--config",
                                        config.c_str(),   "--log-dir",   logs.c_str(),      nullptr};
    first_ = static_cast<pid_t>(::syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0));
    if (first_ == 0) {
        enter_namespaces();
        if (rank_ == Rank::First)
            become_podinit(argv, output_);
        run_podinit(argv, output_);
    }
    REQUIRE(first_ > 0);
    pid_ = first_;
    if (rank_ == Rank::Supervisor)
        REQUIRE(eventually([&] { return (pid_ = only_child_of(first_)) > 0; }));
    const Connection listening(dir("run/control.sock"));
}

Supervisor::~Supervisor() {
    if (first_ <= 0)
        return;
    ::kill(first_, SIGKILL); // not reaped yet: the number is still its own
    ::waitpid(first_, nullptr, 0);
}

void Supervisor::signal(int signo) const {
    REQUIRE(pid_ > 1);
    ::kill(pid_, signo);
}

std::optional<int> Supervisor::ended() {
    int status = 0;
    if (!eventually([&] { return ::waitpid(first_, &status, WNOHANG) == first_; }))
        return std::nullopt;
    first_ = pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Answered<spec::Answer> Supervisor::call(const spec::Call& call, const std::vector<int>& fds) {
    Answered<spec::Answer> answer = std::unexpected(spec::failed("closed"));
    const auto once = [&] {
        Connection connection = connect();
        if (connection.send({call, false, false}, fds))
            answer = connection.receive(call);
        return !was_cut_off(answer);
    };
    eventually(once, patience);
    return answer;
}

// PID 1 may have come back in between: whoever was connected is to ask again.
template <class T>
bool Supervisor::was_cut_off(const Answered<T>& answer) const {
    if (rank_ != Rank::First || answer || answer.error().message != "closed")
        return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
    return true;
}

Answered<spec::Applied> Supervisor::apply(const std::vector<std::string>& manifests, bool transient, bool dry_run) {
    spec::Apply apply;
    for (const std::string& manifest : manifests)
        apply.manifests.push_back({manifest});
    apply.transient = transient;
    apply.dry_run = dry_run;
    return as<spec::Applied>(call(apply));
}

std::string Supervisor::apply_one(const std::string& manifest, bool transient) {
    const auto applied = apply({manifest}, transient);
    if (!applied)
        return applied.error().name + ": " + applied.error().message;
    return std::string(word(applied->items.at(0).outcome));
}

std::string Supervisor::outcomes(const std::vector<std::string>& manifests) {
    const auto applied = apply(manifests);
    if (!applied)
        return applied.error().name + ": " + applied.error().message;
    std::string text;
    for (const auto& item : applied->items)
        text += item.resource + "/" + item.name + " " + std::string(word(item.outcome)) + "\n";
    return text;
}

std::string Supervisor::remove(const std::string& name, std::optional<std::int64_t> grace,
                               const std::string& resource) {
    Connection connection = connect();
    const spec::Delete call{"default", name, grace, resource};
    connection.send({call, true, false});
    const auto end = steady_clock::now() + patience;
    for (;;) {
        const auto answer = connection.receive(call);
        if (steady_clock::now() < end && was_cut_off(answer)) {
            connection = connect();
            connection.send({call, true, false});
            continue;
        }
        if (!answer)
            return answer.error().name + ": " + answer.error().message;
        if (!answer->continues)
            return std::get<spec::Deleted>(answer->reply).state == spec::DeleteState::Gone ? "gone" : "deleting";
    }
}

std::vector<std::string> Supervisor::objects(const std::string& resource, const std::string& name) {
    Connection connection = connect();
    const spec::List call{"", name, resource};
    connection.send({call, true, false});
    std::vector<std::string> texts;
    const auto end = steady_clock::now() + patience;
    for (;;) {
        const auto answer = connection.receive(call);
        if (steady_clock::now() < end && was_cut_off(answer)) {
            texts.clear();
            connection = connect();
            connection.send({call, true, false});
            continue;
        }
        if (!answer && lenient)
            return {};
        if (!answer)
            FAIL("list: " << answer.error().message);
        if (const auto& object = std::get<spec::Listed>(answer->reply).object)
            texts.push_back(object->text);
        if (!answer->continues)
            return texts;
    }
}

std::vector<spec::PodView> Supervisor::list(const std::string& name) {
    std::vector<spec::PodView> pods;
    for (const std::string& text : objects("", name)) {
        auto view = spec::read_pod_object(text);
        REQUIRE(view);
        pods.push_back(std::move(*view));
    }
    return pods;
}

std::optional<spec::PodView> Supervisor::get(const std::string& name) {
    auto pods = list(name);
    return pods.empty() ? std::nullopt : std::optional(std::move(pods.front()));
}

std::string Supervisor::phase(const std::string& name) {
    const auto pod = get(name);
    return pod ? pod->status.phase : "";
}

spec::ContainerStatus Supervisor::status(const std::string& name, std::size_t container) {
    const auto pod = get(name);
    return pod && container < pod->status.container_statuses.size() ? pod->status.container_statuses[container]
                                                                    : spec::ContainerStatus{};
}

bool Supervisor::running(const std::string& name) {
    return eventually([&] {
        const auto pod = get(name);
        return pod && std::ranges::all_of(pod->status.container_statuses, &spec::ContainerStatus::ready);
    });
}

std::string Supervisor::logs(const std::string& name, bool previous) {
    const auto where = as<spec::LogPath>(call(spec::Logs{"default", name, "", previous}));
    if (!where)
        return where.error().name + ": " + where.error().message;
    std::string text;
    for (const WrittenLine& line : lines_in(where->path))
        text += line.stream + " " + line.text + "\n";
    return text;
}

std::string Supervisor::exec(const std::string& name, const std::vector<std::string>& command,
                             const std::string& container) {
    int out[2];
    REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
    ns::Fd read_end(out[0]), write_end(out[1]);
    const ns::Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    Connection connection = connect();
    const spec::Exec call{"default", name, container, command, false, ""};
    connection.send({call, false, false}, {null.get(), write_end.get(), write_end.get()});
    write_end.reset();
    const auto done = as<spec::ExecDone>(connection.receive(call));
    if (!done)
        return done.error().message;
    char text[4096];
    const ssize_t got = ::read(read_end.get(), text, sizeof text);
    return std::string(text, got > 0 ? static_cast<std::size_t>(got) : 0) + "|" + std::to_string(done->exit_code);
}

std::string Supervisor::said() const {
    return read_text(dir("output"));
}

std::size_t Supervisor::open_fds() const {
    return entries("/proc/" + std::to_string(pid_) + "/fd", true);
}

std::size_t Supervisor::memory() const {
    const std::string status = read_text("/proc/" + std::to_string(pid_) + "/status");
    return std::strtoull(status.c_str() + status.find("VmRSS:") + 6, nullptr, 10);
}

std::size_t Supervisor::mounts() const {
    const std::string table = read_text("/proc/" + std::to_string(pid_) + "/mountinfo");
    std::size_t count = 0;
    for (auto at = table.find(temp.path()); at != table.npos; at = table.find(temp.path(), at + 1))
        ++count;
    return count;
}

std::size_t Supervisor::processes() const {
    const std::string p = std::to_string(pid_);
    const std::string children = read_text("/proc/" + p + "/task/" + p + "/children");
    return static_cast<std::size_t>(std::ranges::count(children, ' '));
}

} // namespace initd
