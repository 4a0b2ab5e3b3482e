// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/external_diff.hpp"

#include "tools/podctl/fd.hpp"
#include "tools/podctl/output.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace ctl {

namespace {

// A directory of files that nobody else may read, and that go with it.
class TemporaryDirectory {
  public:
    explicit TemporaryDirectory(std::string_view prefix) {
        const char* parent = std::getenv("TMPDIR");
        path_ = std::string(parent && *parent != '\0' ? parent : "/tmp") + '/' + std::string(prefix) + "-XXXXXX";
        if (!mkdtemp(path_.data()))
            fail({"making a directory ", path_, ": ", std::strerror(errno)});
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() {
        for (const std::string& file : files_)
            unlink(file.c_str());
        rmdir(path_.c_str());
    }

    void add(const std::string& name, std::string_view text) {
        files_.push_back(path_ + '/' + name);
        const Fd file(open(files_.back().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        while (file && !text.empty()) {
            const ssize_t written = write(file.get(), text.data(), text.size());
            if (written < 0)
                break;
            text.remove_prefix(static_cast<std::size_t>(written));
        }
        if (!file || !text.empty())
            fail({"writing ", files_.back(), ": ", std::strerror(errno)});
    }

    const std::string& path() const { return path_; }

  private:
    std::string path_;
    std::vector<std::string> files_;
};

std::vector<std::string> words_of(std::string_view command) {
    std::vector<std::string> words;
    while (!command.empty()) {
        const std::size_t end = std::min(command.find(' '), command.size());
        if (end > 0)
            words.emplace_back(command.substr(0, end));
        command.remove_prefix(std::min(end + 1, command.size()));
    }
    return words;
}

// Its exit code; negative: a signal ended it, or it could not be waited for.
int run(std::vector<std::string> words) {
    std::vector<char*> argv;
    for (std::string& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    flush_output();
    const pid_t pid = fork();
    if (pid == 0) {
        execvp(argv[0], argv.data());
        complain({"error: running ", words[0], ": ", std::strerror(errno)});
        _exit(2);
    }
    int status = 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

int run_external_diff(std::string_view command, const std::vector<Difference>& differences) {
    TemporaryDirectory live("LIVE"), merged("MERGED");
    for (const Difference& difference : differences) {
        if (!difference.live.empty())
            live.add(difference.name, difference.live);
        merged.add(difference.name, difference.merged);
    }
    auto words = words_of(command);
    words.push_back(live.path());
    words.push_back(merged.path());
    const int code = run(std::move(words));
    if (code != 0 && code != 1)
        fail({"\"", command, "\" failed"});
    return code;
}

} // namespace ctl
