// SPDX-License-Identifier: Apache-2.0
// The power is cut at random moments while manifests are applied, tried and deleted.
//
// One machine does all of it, on an ext4 disk each write and flush of which is noted. From that every cut can be made
// that could have happened (write_log.hpp): the file system must be whole, what podctl has said was done must be there,
// each change in whole or not at all, and a machine must boot on it. PODINIT_CUTS says how many, PODINIT_SEED which.
#include "tests/boot/shared_machine.hpp"
#include "tests/boot/write_log.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <map>
#include <sys/wait.h>
#include <unistd.h>

using namespace boot;

namespace {

constexpr unsigned file_system_mib = 64;
// Behind the file system: blocks that say how far we are. Smaller ones would not go past the page cache.
constexpr std::uint64_t mark_bytes = 4096, marks_at = (file_system_mib << 20) / mark_bytes;
constexpr int rounds = 6;

using Set = std::map<std::string, int>; // which version of each object there is

// What the machine does, and what there is after each step.
struct Work {
    std::string script;
    std::vector<Set> sets; // [0]: before the first

    Work() {
        script =
            "mark() { printf 'mark %s' $1 | dd of=/dev/vda bs=4096 seek=$((" + std::to_string(marks_at) +
            " + $1)) count=1 conv=sync oflag=direct 2>/dev/null; }\n"
            "maps() { v=$1; shift; for n in \"$@\"; do printf -- '---\\napiVersion: v1\\nkind: ConfigMap\\nmetadata:"
            " {name: %s}\\ndata: {v: \"%s\"}\\n' $n $v; done; }\n"
            "pod() { printf -- '---\\napiVersion: v1\\nkind: Pod\\nmetadata: {name: bad, labels: {v: \"%s\"}}\\n"
            "spec: {restartPolicy: Never, containers: [{name: c, image: host, command: [\"false\"]}]}\\n' $1; }\n";
        sets.push_back({{"both", 0}});
        for (int round = 0; round < rounds; ++round) {
            several({"a", "b", "c", "both"});
            several({"a"});
            several({"d", "e", "c"});
            removal("b");
            removal("both");
            tried();
            several({"both", "f"});
            removal("f");
            taken_back();
        }
    }

  private:
    int version() const { return static_cast<int>(sets.size()); }
    void step(const std::string& command, Set after) {
        const std::string begin = std::to_string(2 * version()), end = std::to_string(2 * version() + 1);
        script += "mark " + begin + "\n" + command + " || exit " + std::to_string(version()) + "\nmark " + end + "\n";
        sets.push_back(std::move(after));
    }
    static std::string names_of(const std::vector<std::string>& names) {
        std::string words;
        for (const std::string& name : names)
            words += " " + name;
        return words;
    }
    void several(const std::vector<std::string>& names) {
        Set after = sets.back();
        for (const std::string& name : names)
            after[name] = version();
        step("maps " + std::to_string(version()) + names_of(names) + " | podctl apply -f - > /dev/null", after);
    }
    // One that two directories hold: both files go, or the other one would be in force.
    void removal(const std::string& name) {
        Set after = sets.back();
        after.erase(name);
        step("podctl delete configmap " + name + " > /dev/null", after);
    }
    void tried() {
        Set after = sets.back();
        after["a"] = after["new"] = version();
        step("maps " + std::to_string(version()) +
                 " a new | podctl apply --wait --timeout 60s --rollback -f - > /dev/null",
             after);
    }
    void taken_back() {
        const std::string v = std::to_string(version());
        step("{ maps " + v + " a c g; pod " + v +
                 "; } > /root/bad.yaml; ! podctl apply --wait --timeout 60s --rollback -f /root/bad.yaml > /dev/null "
                 "2>&1",
             sets.back());
    }
};

std::string config_map(const std::string& name, int version) {
    return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name + R"("},"data":{"v":")" +
           std::to_string(version) + R"("}})";
}

Options on_disk(const std::string& disk, const std::string& log) {
    Options options{.appliance = workshop() + "/tree",
                    .arguments = {"--initrd", workshop() + "/stage1.cpio", "--disk", workshop() + "/" + disk},
                    .append = "rw"};
    if (!log.empty())
        options.arguments.insert(options.arguments.end() - 2, {"--log-writes", workshop() + "/" + log});
    return options;
}

// The machine's root on a disk with room for marks; `before` is a copy of it.
WriteLog do_work(const Work& work) {
    write_file("both.json", config_map("both", 0));
    write_file("work.sh", work.script);
    build_appliance("tree", "--file " + workshop() + "/both.json:/etc/podinit/manifests/both.json --file " +
                                workshop() + "/work.sh:/root/work.sh");
    make_disk(file_system_mib);
    shell("truncate -s +1M disk && cp --sparse=always disk before");
    Machine machine(on_disk("disk", "log"));
    machine.login();
    const Outcome outcome = machine.run("sh /root/work.sh", Seconds(1'200));
    INFO(outcome.output);
    CHECK(outcome.status == 0);
    machine.type("podctl poweroff\n");
    CHECK(machine.ends(Seconds(60)));
    return WriteLog(workshop() + "/log");
}

// Is the file system whole, once its journal has been replayed? Takes the manifests out of it, below cut/.
bool take_out(const std::string& disk) {
    return shell("rm -rf cut && mkdir -p cut/etc/podinit cut/var/lib/podinit && cp " BUILD_ROOT
                 "/initd/podinit cut/podinit && "
                 "{ e2fsck -E journal_only -fy " +
                 disk + "; e2fsck -fn " + disk +
                 "; } > cut/fsck && echo whole; "
                 "debugfs -R 'rdump /etc/podinit/manifests cut/etc/podinit' " +
                 disk +
                 " 2> cut/said; "
                 "debugfs -R 'rdump /var/lib/podinit/manifests cut/var/lib/podinit' " +
                 disk + " 2> cut/said")
        .ends_with("whole\n");
}

// podinit's helper, as a boot runs it; in a root of its own, since the paths are the machine's.
bool settled() {
    const pid_t pid = fork();
    if (pid == 0) {
        std::string words[] = {"podinit: settle", "rollback", "/etc/podinit/manifests", "/var/lib/podinit/manifests"};
        if (const int said = open((workshop() + "/cut/said").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600); said >= 0)
            dup2(said, STDERR_FILENO);
        char* argv[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
        if (chroot((workshop() + "/cut").c_str()) == 0 && chdir("/") == 0)
            execv("/podinit", argv);
        _exit(127);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    return status == 0;
}

std::string value_of(const std::string& text, const std::string& key) {
    const std::string before = "\"" + key + "\":\"";
    const std::size_t at = text.find(before);
    return at == text.npos ? ""
                           : text.substr(at + before.size(), text.find('"', at + before.size()) - at - before.size());
}

// What a podinit that reads these directories makes of them: the second one's counts.
Set set_in(const std::string& listing) {
    Set set;
    for (std::size_t at = 0; at < listing.size();) {
        const std::size_t end = std::min(listing.find('\n', at), listing.size());
        const std::string line = listing.substr(at, end - at);
        at = end + 1;
        set[value_of(line, "name")] = std::atoi(value_of(line, "v").c_str());
    }
    return set;
}

std::string to_text(const Set& set) {
    std::string text;
    for (const auto& [name, version] : set)
        text += name + "=" + std::to_string(version) + " ";
    return text;
}

struct Cut {
    std::size_t at;
    std::string state; // which sets of changes were open
    std::string found;
    std::vector<std::string> allowed;
    bool whole;
};

unsigned from_environment(const char* name, unsigned otherwise) {
    const char* text = std::getenv(name);
    return text ? static_cast<unsigned>(std::atoi(text)) : otherwise;
}

class Cuts {
  public:
    explicit Cuts(const Work& work)
        : work_(work)
        , log_(do_work(work))
        , base_(open((workshop() + "/before").c_str(), O_RDWR | O_CLOEXEC)) {
        for (std::size_t i = 0; i < 2 * work.sets.size(); ++i)
            marks_.push_back(log_.written((marks_at + i) * (mark_bytes / WriteLog::sector)));
    }
    ~Cuts() { close(base_); }
    Cuts(const Cuts&) = delete;
    Cuts& operator=(const Cuts&) = delete;

    std::size_t first() const { return marks_[2]; }
    std::size_t last() const { return marks_.back(); }

    // In rising order. The disk is left in workshop()/cut.img.
    Cut make(std::size_t at, std::mt19937_64& random) {
        flushed_ = log_.replay(base_, flushed_, at);
        shell("cp --sparse=always before cut.img");
        const int disk = open((workshop() + "/cut.img").c_str(), O_RDWR | O_CLOEXEC);
        log_.replay_some(disk, flushed_, at, random);
        close(disk);
        shell("cp --sparse=always cut.img checked.img");
        Cut cut{at, {}, {}, {}, take_out("checked.img")};
        cut.state = shell("ls -A cut/var/lib/podinit/manifests | grep '^[.]' | tr '\\n' ' ' || true");
        CHECK(settled());
        CHECK(shell("ls -A cut/var/lib/podinit/manifests | grep '^[.]' || true") == "");
        cut.found = to_text(set_in(
            shell("for f in cut/etc/podinit/manifests/both.json cut/var/lib/podinit/manifests/ConfigMap*.json; do "
                  "[ ! -e $f ] || { tr -d '\\n ' < $f; echo; }; done")));
        for (std::size_t i = 0; i < work_.sets.size(); ++i)
            if ((i == 0 || marks_[2 * i] < at) && (i + 1 == work_.sets.size() || at <= marks_[2 * i + 3]))
                cut.allowed.push_back(to_text(work_.sets[i]));
        return cut;
    }

  private:
    const Work& work_;
    WriteLog log_;
    std::vector<std::size_t> marks_;
    int base_;
    std::size_t flushed_ = 0;
};

} // namespace

TEST_CASE("after a power cut there is what was acknowledged, each change in whole or not at all, and it boots",
          "[cut]") {
    if (geteuid() != 0) {
        WARN("skipped: needs root, for chroot");
        return;
    }
    const Work work;
    Cuts cuts(work);
    const unsigned seed = from_environment("PODINIT_SEED", 1), count = from_environment("PODINIT_CUTS", 40);
    std::mt19937_64 random(seed);
    std::vector<std::size_t> moments;
    for (unsigned i = 0; i < count; ++i)
        moments.push_back(cuts.first() + random() % (cuts.last() - cuts.first()));
    std::ranges::sort(moments);
    std::map<std::string, unsigned> states;
    bool kept = false;
    for (const std::size_t moment : moments) {
        const Cut cut = cuts.make(moment, random);
        INFO("seed " << seed << ", cut behind write " << cut.at << ", open: " << cut.state << "\nfound   " << cut.found
                     << "\nallowed " << cut.allowed.front() << "\nor      " << cut.allowed.back());
        CHECK(cut.whole);
        CHECK(std::ranges::find(cut.allowed, cut.found) != cut.allowed.end());
        ++states[cut.state];
        // The one to boot on: if there is any, one in the middle of a trial.
        if (!kept || cut.state.find("trial") != cut.state.npos) {
            shell("cp --sparse=always cut.img boot.img && echo '" + cut.found + "' > boot.set");
            kept = true;
        }
    }
    for (const auto& [state, times] : states)
        std::fprintf(stderr, "%u cuts with %s\n", times, state.empty() ? "nothing open" : state.c_str());

    Machine machine(on_disk("boot.img", ""));
    machine.login();
    CHECK_THAT(machine.run_until("podctl get pods console", "Running").output, contains("Running"));
    const std::string listed =
        machine.run("for n in $(podctl get configmaps -o name); do podctl get $n -o json | tr -d '\\n '; echo; done")
            .output;
    CHECK(to_text(set_in(listed)) + "\n" == shell("cat boot.set"));
    machine.type("podctl poweroff\n");
    CHECK(machine.ends(Seconds(60)));
}
