// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/row.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

namespace conformance {

namespace {

// Where the story is written: there is one row at a time, and its containers' scripts are made before it is applied.
std::string story_path;

// What a script may call. `read` and `echo` are the shell's own: a word costs no process, and one write keeps a line
// whole.
std::string vocabulary() {
    return "S=" + story_path +
           "; say() { read -r up rest < /proc/uptime; echo \"$up $*\" >> $S; }; "
           "begin() { n=$(($(grep -c \" $1+\" $S) + 1)); say $1+; }; "
           "await() { until [ \"$(grep -c \" $1\" $S)\" -ge $2 ]; do sleep 0.02; done; }; "
           "forever() { while :; do sleep 1000 & wait; done; }; ";
}

std::string quoted(const std::string& text) {
    std::string json = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\')
            json += '\\';
        json += c;
    }
    return json + '"';
}

std::string shell(const std::string& script) {
    return R"("command": ["/bin/sh", "-c", )" + quoted(vocabulary() + script) + "]";
}

std::vector<std::pair<double, std::string>> lines() {
    std::vector<std::pair<double, std::string>> said;
    std::istringstream text(read_text(story_path));
    double at = 0;
    for (std::string word; text >> at && std::getline(text >> std::ws, word);)
        said.emplace_back(at, word);
    return said;
}

// What makes a pod's end last for long enough to be looked at, once it is full.
const std::string slow_volume = R"("volumes": [{"name": "many", "emptyDir": {}}])";

std::string join(const Containers& containers) {
    std::string list;
    for (const std::string& container : containers)
        list += (list.empty() ? "" : ", ") + container;
    return "[" + list + "]";
}

} // namespace

const std::string sidecar = R"("restartPolicy": "Always")";

std::string fields(const std::vector<std::string>& members) {
    std::string text;
    for (const std::string& member : members)
        if (!member.empty())
            text += (text.empty() ? "" : ", ") + member;
    return text;
}

std::string runs(const std::string& name, const std::string& script, const std::string& more) {
    return "{" + fields({R"("name": ")" + name + R"(", "image": "host")", shell(script), more}) + "}";
}

std::string lives(const std::string& name, const std::string& more, int code) {
    return runs(name, "trap 'say " + name + "-; exit " + std::to_string(code) + "' TERM; say " + name + "+; forever",
                more);
}

std::string works(const std::string& name, const std::string& more, int code, const std::string& seconds) {
    return runs(name, "say " + name + "+; sleep " + seconds + "; say " + name + "-; exit " + std::to_string(code),
                more);
}

std::string stumbles(const std::string& name, const std::string& more, int code) {
    return runs(name,
                "trap 'say " + name + "-; exit 0' TERM; begin " + name + "; [ $n = 1 ] && exit " +
                    std::to_string(code) + "; forever",
                more);
}

std::string imageless(const std::string& name, const std::string& more) {
    return "{" + fields({R"("name": ")" + name + R"(", "image": "nowhere")", more}) + "}";
}

std::string stubborn(const std::string& name, const std::string& more) {
    return runs(name, "trap '' TERM; say " + name + "+; forever", more);
}

std::string of_image(const std::string& image, std::string container) {
    const std::string host = "\"image\": \"host\"";
    return container.replace(container.find(host), host.size(), "\"image\": \"" + image + '"');
}

std::string exec_of(const std::string& script) {
    std::string command = shell(script);
    return R"({"exec": {)" + command + "}}";
}

std::string lifecycle(const std::string& post_start, const std::string& pre_stop) {
    return R"("lifecycle": {)" +
           fields({post_start.empty() ? "" : R"("postStart": )" + post_start,
                   pre_stop.empty() ? "" : R"("preStop": )" + pre_stop}) +
           "}";
}

std::string policy(const std::string& restart_policy) {
    return R"("restartPolicy": ")" + restart_policy + "\"";
}

std::string grace(int seconds) {
    return R"("terminationGracePeriodSeconds": )" + std::to_string(seconds);
}

std::string pod_text(const std::string& name, const Containers& init, const Containers& containers,
                     const std::string& spec, const std::string& metadata) {
    return R"({"apiVersion": "v1", "kind": "Pod", "metadata": {)" + fields({R"("name": ")" + name + "\"", metadata}) +
           R"(}, "spec": {)" +
           fields({spec, init.empty() ? "" : R"("initContainers": )" + join(init),
                   R"("containers": )" + join(containers)}) +
           "}}";
}

// ---- the row ------------------------------------------------------------------------------------------------------

Row::Row(std::string_view config)
    : Supervisor(config) {
    story_path = dir("story");
}

Row::~Row() {
    story_path.clear();
}

void Row::has(const Containers& init, const Containers& containers, const std::string& spec) {
    const std::string volume = spec.find("\"volumes\"") == spec.npos ? slow_volume : "";
    REQUIRE(apply_one(pod_text("p", init, containers, fields({spec, volume}))) == "created");
}

bool Row::has_image(const std::string& name, const std::string& config) const {
    namespace fs = std::filesystem;
    if (!exists("/bin/busybox")) {
        WARN("skipped: an image needs /bin/busybox, linked statically");
        return false;
    }
    const fs::path image = dir("images/" + name), root = image / "rootfs";
    for (const char* folder : {"bin", "etc", "proc", "sys", "dev", "tmp"})
        fs::create_directories(root / folder);
    fs::copy_file("/bin/busybox", root / "bin/busybox");
    for (const char* applet : {"sh", "id", "cat", "echo", "stat", "ls", "sleep", "pwd"})
        fs::create_symlink("busybox", root / "bin" / applet);
    std::ofstream(image / "config.json") << R"({"config": {)" << config << "}}";
    std::ofstream(root / "etc/passwd") << "root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n";
    std::ofstream(root / "etc/group") << "root:x:0:\nuser:x:1000:\nothers:x:50000:user\n";
    return true;
}

std::string Row::refused(const std::string& container, const std::string& spec) {
    const auto applied = apply({pod_text("p", {}, {runs("c", "true", container)}, spec)}, false, true);
    if (applied)
        return "";
    const auto& problems = applied.error().problems;
    return problems.empty() ? applied.error().message : problems.front().pointer + ": " + problems.front().message;
}

void Row::say(const std::string& word) const {
    std::ofstream(story_path, std::ios::app) << now() << ' ' << word << '\n';
}

std::string Row::words() const {
    std::string text;
    for (const auto& [at, word] : lines())
        text += (text.empty() ? "" : " ") + word;
    return text;
}

std::size_t Row::count(const std::string& word) const {
    const auto said = lines();
    return static_cast<std::size_t>(std::ranges::count(said, word, &std::pair<double, std::string>::second));
}

bool Row::hears(const std::string& word, std::size_t times) const {
    return eventually([&] { return count(word) >= times; });
}

double Row::at(const std::string& word, std::size_t time) const {
    for (const auto& [at, said] : lines())
        if (said == word && --time == 0)
            return at;
    FAIL("nobody said " << word << ", but: " << words());
    return 0;
}

bool Row::in_order(const std::vector<std::string>& order) const {
    const auto said = lines();
    auto from = said.begin();
    for (const std::string& word : order) {
        const auto is_it = [&](const auto& line) { return line.second == word; };
        from = std::find_if(from, said.end(), is_it);
        if (from == said.end() || std::any_of(said.begin(), from, is_it)) {
            UNSCOPED_INFO("wanted " << word << " in " << words());
            return false;
        }
    }
    return true;
}

std::string Row::printed(const std::string& container) {
    std::string text;
    const bool complete = eventually([&] {
        text.clear();
        const auto where = call(spec::Logs{"default", "p", container, false});
        if (!where)
            return false;
        for (const initd::WrittenLine& line : initd::lines_in(std::get<spec::LogPath>(where->reply).path)) {
            if (line.stream == "stdout" && line.text == "end")
                return true;
            if (line.stream == "stdout" && !line.text.empty())
                text += (text.empty() ? "" : " ") + line.text;
        }
        return false;
    });
    return complete ? text : text + " and did not end";
}

std::string Row::output_of(const std::string& script, const std::string& container, const std::string& spec,
                           const std::string& image) {
    has({}, {of_image(image, runs("c", script + "; echo; echo end", container))},
        fields({policy("Never"), grace(1), spec}));
    std::string text;
    REQUIRE(until([&](const View& pod) {
        const spec::ContainerState state = status_of(pod, "c").state;
        if (pod.status.phase == "Succeeded")
            text = printed();
        else if (state.terminated || (state.waiting && !state.waiting->message.empty()))
            text = pod.status.phase + ": " + text_of(state) + ": " +
                   (state.waiting ? state.waiting->message : state.terminated->message);
        return !text.empty() || pod.status.phase == "Succeeded";
    }));
    REQUIRE(remove("p") == "gone");
    return text;
}

bool Row::until(const std::function<bool(const View&)>& holds, const std::string& pod) {
    return eventually([&] {
        const auto seen = get(pod);
        return seen && holds(*seen);
    });
}

bool Row::until_phase(const std::string& wanted, const std::string& pod) {
    return until([&](const View& seen) { return seen.status.phase == wanted; }, pod);
}

bool Row::until_ready(const std::string& pod) {
    return until([](const View& seen) { return condition_of(seen, "Ready") == "True"; }, pod);
}

View Row::view(const std::string& pod) {
    const auto seen = get(pod);
    REQUIRE(seen);
    return *seen;
}

void Row::fill_volume(int dirs) {
    const std::string at = dir("run/state/pods/") + view().pod.metadata.uid + "/volumes/kubernetes.io~empty-dir/many";
    for (int i = 0; i < dirs; ++i)
        std::filesystem::create_directories(at + "/" + std::to_string(i));
}

void Row::begin_remove(std::optional<std::int64_t> seconds) {
    REQUIRE(call(spec::Delete{"default", "p", seconds, ""}));
}

std::optional<View> Row::watch(const std::function<void(const View&)>& look) {
    std::optional<View> last;
    const double began = now();
    while (auto seen = get("p")) {
        look(*seen);
        last = std::move(seen);
        took_ = now() - began;
        if (took_ > 60)
            FAIL("the pod does not go");
        std::this_thread::sleep_for(std::chrono::milliseconds{1}); // its end is shown for some ten of these
    }
    return last;
}

View Row::remove_and_watch(std::optional<std::int64_t> seconds) {
    fill_volume();
    begin_remove(seconds);
    const auto last = watch();
    REQUIRE(last);
    return *last;
}

// ---- what it says of itself ---------------------------------------------------------------------------------------

spec::ContainerStatus status_of(const View& view, const std::string& container) {
    for (const auto* list : {&view.status.init_container_statuses, &view.status.container_statuses})
        for (const spec::ContainerStatus& status : *list)
            if (status.name == container)
                return status;
    return {};
}

std::string text_of(const spec::ContainerState& state) {
    if (state.waiting)
        return "waiting " + state.waiting->reason;
    if (state.running)
        return "running";
    if (state.terminated)
        return "terminated " + state.terminated->reason + " " + std::to_string(state.terminated->exit_code);
    return "";
}

std::string state_of(const View& view, const std::string& container) {
    return text_of(status_of(view, container).state);
}

std::string last_state_of(const View& view, const std::string& container) {
    return text_of(status_of(view, container).last_state);
}

int restarts_of(const View& view, const std::string& container) {
    return status_of(view, container).restart_count;
}

double now() {
    return std::strtod(read_text("/proc/uptime").c_str(), nullptr);
}

std::string condition_of(const View& view, const std::string& type) {
    const auto found = std::ranges::find(view.status.conditions, type, &spec::PodCondition::type);
    if (found == view.status.conditions.end())
        return "";
    return found->status + (found->reason.empty() ? "" : " " + found->reason);
}

} // namespace conformance
