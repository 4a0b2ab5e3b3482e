// SPDX-License-Identifier: Apache-2.0
#include "initd/options.hpp"

#include "initd/boot.hpp"
#include "initd/files.hpp"
#include "initd/log.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace initd {

namespace {

constexpr std::size_t max_config_bytes = 1u << 20;

constexpr const char* help = R"(podinit runs Kubernetes Pods without Kubernetes.

  podinit --manifests DIR --run-dir DIR   as a plain supervisor: runs the pods in DIR/*.json
  podinit                                 as PID 1 of a machine or a container: see podinit(8)

Options:
  --manifests DIR   where manifests are read and where podctl apply keeps them; may be given several times, a later
                    directory wins over an earlier one
  --run-dir DIR     control socket (DIR/control.sock), transient manifests, run-time state
  --images DIR      image store: DIR/NAME/rootfs; may be given several times
  --state-dir DIR   emptyDir volumes; RUN_DIR/state if not given
  --log-dir DIR     containers' logs; RUN_DIR/log/pods if not given
  --config FILE     settings: see podinit-config(5)
  --help, --version

Talk to it with: podctl --socket RUN_DIR/control.sock get pods
)";

struct Words { // as given
    std::vector<std::string> manifests, images;
    std::string run_dir, state_dir, log_dir, config;
};

struct Option {
    std::string_view name;
    std::string Words::*one;               // of one of the two
    std::vector<std::string> Words::*many; // the option's place
};

constexpr Option table[] = {
    {"--manifests", nullptr, &Words::manifests}, {"--images", nullptr, &Words::images},
    {"--run-dir", &Words::run_dir, nullptr},     {"--state-dir", &Words::state_dir, nullptr},
    {"--log-dir", &Words::log_dir, nullptr},     {"--config", &Words::config, nullptr},
};

void print(std::string_view text) {
    (void)!::write(STDOUT_FILENO, text.data(), text.size());
}

int bad(std::initializer_list<std::string_view> parts) {
    log(Level::Error, parts);
    return 2;
}

// --NAME VALUE or --NAME=VALUE.
std::expected<Words, int> read_words(int argc, char** argv) {
    Words words;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i], name = word.substr(0, word.find('='));
        if (word == "--help") {
            print(help);
            return std::unexpected(0);
        }
        if (word == "--version") {
            print("podinit " PODINIT_VERSION "\n");
            return std::unexpected(0);
        }
        const Option* option = std::ranges::find(table, name, &Option::name);
        if (option == std::end(table))
            return std::unexpected(bad({"\"", word, "\" is no option; podinit --help tells them"}));
        const char* value = name.size() < word.size() ? argv[i] + name.size() + 1 : argv[++i];
        if (!value)
            return std::unexpected(bad({name, " needs a value; podinit --help tells more"}));
        if (option->many)
            (words.*option->many).emplace_back(value);
        else
            words.*option->one = value;
    }
    return words;
}

struct KeptConfig {
    std::string text = "{}"; // of config.json; without one
};
template <class Archive>
void fields(Archive& a, Of<KeptConfig> auto& kept) {
    a(kept.text);
}

struct ConfigFile {
    std::string path;
    bool must_be_there = false;
    bool must_be_good = false;
};

std::optional<spec::Config> parse(const std::string& path, const std::string& text, const spec::Config& base) {
    auto config = spec::read_config(text, base);
    if (config)
        return std::move(config.value());
    for (const spec::Problem& problem : config.error())
        log(Level::Error, {spec::to_text(path, problem)});
    return std::nullopt;
}

// What the file says, kept when it is good.
std::optional<spec::Config> read_anew(const ConfigFile& file, const spec::Config& base, StateFile& state) {
    KeptConfig found;
    auto text = read_file(file.path, max_config_bytes);
    if (text) {
        found.text = std::move(*text);
    } else if (text.error().err != ENOENT || file.must_be_there) {
        log(Level::Error, {file.path, ": ", ns::to_text(text.error())});
        return std::nullopt;
    }
    auto config = parse(file.path, found.text, base);
    if (config)
        state.keep(RecordKind::Config, 0, found);
    return config;
}

// config.json over `base`; a machine goes on with `base` when the file is no good. A crash may come while somebody
// writes the file, so it counts anew only when podinit was told to read it.
std::expected<spec::Config, int> configured(const ConfigFile& file, const spec::Config& base, StateFile& state,
                                            bool resumed) {
    KeptConfig kept;
    const bool in_force = resumed && state.recall(RecordKind::Config, 0, kept);
    const bool anew = !in_force || std::exchange(state.control().ordered, 0) != 0;
    if (anew)
        if (auto config = read_anew(file, base, state))
            return std::move(*config);
    if (in_force) {
        if (anew)
            log(Level::Error, {file.path, ": not used, what was in force before is"});
        if (auto config = parse(file.path, kept.text, base))
            return std::move(*config);
    }
    if (file.must_be_good && !resumed)
        return std::unexpected(1);
    log(Level::Error, {file.path, ": not used, the defaults are"});
    return base;
}

spec::Config pid1_defaults() {
    spec::Config config;
    config.manifest_dirs = {"/etc/podinit/manifests", "/var/lib/podinit/manifests"};
    config.image_dirs = {"/var/lib/podinit/images", "/usr/share/podinit/images"};
    config.fallback_manifest_dir = "/etc/podinit/fallback.manifests";
    config.emergency_manifest_dir = "/etc/podinit/emergency.manifests";
    return config;
}

std::string absolute(std::string path) {
    if (path.starts_with('/'))
        return path;
    char here[4096];
    if (!getcwd(here, sizeof here))
        return path;
    return std::string(here) + "/" + path;
}

void make(const std::string& directory, mode_t mode) {
    if (auto made = make_directories(directory, mode); !made)
        log(Level::Warning, {directory, ": ", ns::to_text(made.error())});
}

// What lasts until the next boot lives in the run directory; what lasts longer, where it can be written.
void place(DaemonOptions& options) {
    spec::Config& config = options.config;
    make(options.run_dir, 0755);
    config.manifest_dirs.push_back(options.run_dir + "/manifests");
    make(config.manifest_dirs.back(), 0700);
    if (options.state_dir.empty())
        options.state_dir = access("/var/lib", W_OK) == 0 && options.standing == Standing::Machine
                                ? "/var/lib/podinit"
                                : options.run_dir + "/state";
}

} // namespace

std::expected<DaemonOptions, int> read_options(int argc, char** argv, Standing standing, StateFile& state,
                                               bool resumed) {
    auto words = read_words(argc, argv);
    if (!words)
        return std::unexpected(words.error());
    bool supervisor = standing == Standing::Supervisor;
    if (supervisor && (words->manifests.empty() || words->run_dir.empty()))
        return std::unexpected(
            bad({"not PID 1, so --manifests DIR and --run-dir DIR are needed; podinit --help tells more"}));

    DaemonOptions options;
    options.standing = standing;
    options.resumed = resumed;
    options.run_dir = words->run_dir.empty() ? "/run/podinit" : absolute(words->run_dir);
    options.state_dir = words->state_dir.empty() ? "" : absolute(words->state_dir);
    spec::Config base = pid1_defaults();
    if (supervisor)
        base.log_dir = options.run_dir + "/log/pods";
    std::string path = words->config.empty() ? "/etc/podinit/config.json" : words->config;
    if (!supervisor || !words->config.empty()) {
        const ConfigFile file{path, !words->config.empty(), standing != Standing::Machine};
        auto config = configured(file, base, state, resumed);
        if (!config)
            return std::unexpected(config.error());
        base = std::move(*config);
    }
    spec::CommandLine line = spec::read_command_line(kernel_command_line(), std::move(base));
    for (const spec::Problem& problem : line.problems)
        log(Level::Warning, {spec::to_text("kernel command line", problem)});
    options.config = std::move(line.config);
    options.rescue = line.rescue;

    for (auto& [given, used] :
         {std::pair{&words->manifests, &options.config.manifest_dirs}, {&words->images, &options.config.image_dirs}})
        if (!given->empty()) {
            used->clear();
            for (const std::string& directory : *given)
                used->push_back(absolute(directory));
        }
    if (!words->log_dir.empty())
        options.config.log_dir = absolute(words->log_dir);
    place(options);
    if (standing == Standing::Machine)
        options.reserve =
            choose_reserve(options.config, options.state_dir, options.run_dir, line.emergency, options.resumed);
    return options;
}

} // namespace initd
