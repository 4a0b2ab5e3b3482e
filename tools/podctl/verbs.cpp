// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/verbs.hpp"

#include "tools/podctl/commands.hpp"
#include "tools/podctl/flags.hpp"
#include "tools/podctl/help.hpp"
#include "tools/podctl/output.hpp"

#include <array>
#include <cstdlib>

namespace ctl {

namespace {

// All that a command line may set; a verb uses its part.
struct Settings {
    Common common;
    bool help = false;
    ApplyOptions apply;
    DiffOptions diff;
    DeleteOptions remove;
    bool force = false;
    GetOptions get;
    EventsOptions events;
    ExecOptions exec;
    LogsOptions logs;
    RestartOptions restart;
    CheckOptions check;
    ExplainOptions explain;
    NodeOptions node;
    bool kexec = false;
    bool client_only = false;
};

using Flags = std::vector<Flag>;

Flags common_flags(Settings& s) {
    return {{'n', "namespace", &s.common.namespace_}, {'\0', "socket", &s.common.socket}, {'h', "help", &s.help}};
}

Flags apply_flags(Settings& s) {
    return {{'f', "filename", &s.apply.files},       {'R', "recursive", &s.apply.recursive},
            {'o', "output", &s.apply.output},        {'\0', "dry-run", &s.apply.dry_run},
            {'\0', "transient", &s.apply.transient}, {'\0', "wait", &s.apply.wait},
            {'\0', "timeout", &s.apply.timeout},     {'\0', "rollback", &s.apply.rollback}};
}
Flags diff_flags(Settings& s) {
    return {{'f', "filename", &s.diff.files}, {'R', "recursive", &s.diff.recursive}};
}
Flags delete_flags(Settings& s) {
    return {{'f', "filename", &s.remove.files},
            {'R', "recursive", &s.remove.recursive},
            {'l', "selector", &s.remove.selector},
            {'\0', "grace-period", &s.remove.grace_period},
            {'\0', "all", &s.remove.all},
            {'\0', "now", &s.remove.now},
            {'\0', "force", &s.force},
            {'\0', "ignore-not-found", &s.remove.ignore_not_found},
            {'\0', "wait", &s.remove.wait}};
}
Flags describe_flags(Settings& s) {
    return {{'l', "selector", &s.get.selector}, {'A', "all-namespaces", &s.get.all_namespaces}};
}
Flags get_flags(Settings& s) {
    Flags flags = describe_flags(s);
    flags.insert(flags.end(), {{'o', "output", &s.get.output},
                               {'\0', "ignore-not-found", &s.get.ignore_not_found},
                               {'\0', "no-headers", &s.get.no_headers},
                               {'\0', "show-labels", &s.get.show_labels}});
    return flags;
}
Flags events_flags(Settings& s) {
    return {{'\0', "for", &s.events.about},
            {'w', "watch", &s.events.watch},
            {'A', "all-namespaces", &s.events.all_namespaces},
            {'\0', "types", &s.events.types},
            {'o', "output", &s.events.output},
            {'\0', "no-headers", &s.events.no_headers}};
}
Flags exec_flags(Settings& s) {
    return {{'c', "container", &s.exec.container},
            {'i', "stdin", &s.exec.in},
            {'t', "tty", &s.exec.tty},
            {'q', "quiet", &s.exec.quiet}};
}
Flags logs_flags(Settings& s) {
    return {{'c', "container", &s.logs.container},
            {'f', "follow", &s.logs.follow},
            {'p', "previous", &s.logs.previous},
            {'\0', "timestamps", &s.logs.timestamps},
            {'\0', "tail", &s.logs.tail},
            {'\0', "since", &s.logs.since},
            {'\0', "since-time", &s.logs.since_time},
            {'\0', "limit-bytes", &s.logs.limit_bytes}};
}
Flags restart_flags(Settings& s) {
    return {{'c', "container", &s.restart.container}};
}
Flags check_flags(Settings& s) {
    return {{'f', "filename", &s.check.files}, {'R', "recursive", &s.check.recursive},
            {'o', "output", &s.check.output},  {'\0', "boot", &s.check.boot},
            {'\0', "strict", &s.check.strict}, {'\0', "config", &s.check.configs},
            {'\0', "images", &s.check.images}};
}
Flags explain_flags(Settings& s) {
    return {{'o', "output", &s.explain.output}, {'\0', "recursive", &s.explain.recursive}};
}
Flags node_flags(Settings& s) {
    return {{'\0', "binary", &s.node.binary}};
}
Flags reboot_flags(Settings& s) {
    return {{'\0', "kexec", &s.kexec}};
}
Flags version_flags(Settings& s) {
    return {{'\0', "client", &s.client_only}};
}
Flags no_flags(Settings&) {
    return {};
}

using Words = std::vector<std::string>;

int do_apply(Settings& s, Words&) {
    return run_apply(s.common, s.apply);
}
int do_create(Settings& s, Words&) {
    s.apply.mode = ApplyOptions::Mode::Create;
    return run_apply(s.common, s.apply);
}
int do_replace(Settings& s, Words&) {
    s.apply.mode = ApplyOptions::Mode::Replace;
    return run_apply(s.common, s.apply);
}
int do_diff(Settings& s, Words&) {
    return run_diff(s.common, s.diff);
}
int do_delete(Settings& s, Words& words) {
    s.remove.args = std::move(words);
    s.remove.now = s.remove.now || (s.force && s.remove.grace_period.empty());
    return run_delete(s.common, s.remove);
}
int do_get(Settings& s, Words& words) {
    s.get.args = std::move(words);
    return run_get(s.common, s.get);
}
int do_describe(Settings& s, Words& words) {
    s.get.args = std::move(words);
    return run_describe(s.common, s.get);
}
int do_events(Settings& s, Words&) {
    return run_events(s.common, s.events);
}
int do_exec(Settings& s, Words& words) {
    s.exec.pod = words[0];
    return run_exec(s.common, s.exec);
}
int do_logs(Settings& s, Words& words) {
    s.logs.pod = words[0];
    return run_logs(s.common, s.logs);
}
int do_restart(Settings& s, Words& words) {
    s.restart.pod = words[0];
    return run_restart(s.common, s.restart);
}
int do_set_condition(Settings& s, Words& words) {
    return run_set_condition(s.common, words);
}
int do_check(Settings& s, Words&) {
    return run_check(s.check);
}
int do_explain(Settings& s, Words& words) {
    s.explain.args = std::move(words);
    return run_explain(s.explain);
}
int do_node(Settings& s, Words& words) {
    s.node.words = std::move(words);
    return run_node(s.common, s.node);
}
int do_poweroff(Settings& s, Words&) {
    return run_power(s.common, spec::PowerAction::PowerOff);
}
int do_reboot(Settings& s, Words&) {
    return run_power(s.common, s.kexec ? spec::PowerAction::Kexec : spec::PowerAction::Reboot);
}
int do_halt(Settings& s, Words&) {
    return run_power(s.common, spec::PowerAction::Halt);
}
int do_version(Settings& s, Words&) {
    return run_version(s.common, s.client_only);
}

enum class Takes : unsigned char { Nothing, OnePod, Resources };

struct Verb {
    std::string_view name;
    Takes takes;
    Flags (*flags)(Settings&);
    int (*run)(Settings&, Words&);
};
constexpr std::array verbs{
    Verb{"apply", Takes::Nothing, apply_flags, do_apply},
    Verb{"create", Takes::Nothing, apply_flags, do_create},
    Verb{"replace", Takes::Nothing, apply_flags, do_replace},
    Verb{"diff", Takes::Nothing, diff_flags, do_diff},
    Verb{"delete", Takes::Resources, delete_flags, do_delete},
    Verb{"get", Takes::Resources, get_flags, do_get},
    Verb{"describe", Takes::Resources, describe_flags, do_describe},
    Verb{"events", Takes::Nothing, events_flags, do_events},
    Verb{"exec", Takes::OnePod, exec_flags, do_exec},
    Verb{"logs", Takes::OnePod, logs_flags, do_logs},
    Verb{"restart", Takes::OnePod, restart_flags, do_restart},
    Verb{"set-condition", Takes::Resources, no_flags, do_set_condition},
    Verb{"check", Takes::Nothing, check_flags, do_check},
    Verb{"explain", Takes::Resources, explain_flags, do_explain},
    Verb{"node", Takes::Resources, node_flags, do_node},
    Verb{"poweroff", Takes::Nothing, no_flags, do_poweroff},
    Verb{"reboot", Takes::Nothing, reboot_flags, do_reboot},
    Verb{"halt", Takes::Nothing, no_flags, do_halt},
    Verb{"version", Takes::Nothing, version_flags, do_version},
};

// Where the verb stands: flags of every verb may come before it.
std::size_t find_verb(std::span<char* const> args) {
    std::size_t i = 0;
    for (; i < args.size() && args[i][0] == '-'; ++i) {
        const std::string_view word = args[i];
        if (word == "-n" || word == "--namespace" || word == "--socket")
            ++i; // its value
    }
    return i;
}

void check_words(const Verb& verb, const Arguments& arguments) {
    const std::size_t count = arguments.words.size();
    if (verb.takes == Takes::OnePod && count == 0)
        fail({"a pod's name is required"});
    if (verb.name == "exec" && count > 1)
        fail({"exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead"});
    const std::size_t most = verb.takes == Takes::OnePod ? 1 : 0;
    if (verb.takes != Takes::Resources && count > most)
        fail({"unexpected argument \"", arguments.words[most], "\""});
}

int run_verb(const Verb& verb, std::span<char* const> args, Settings& settings) {
    Arguments arguments;
    try {
        Flags flags = common_flags(settings);
        const Flags own = verb.flags(settings);
        flags.insert(flags.end(), own.begin(), own.end());
        arguments = parse_flags(args, flags);
        if (settings.help) {
            print({help_text(verb.name)});
            return 0;
        }
        if (verb.name == "exec")
            settings.exec.command = std::move(arguments.behind);
        else // "--" means only that what follows is no flag
            arguments.words.insert(arguments.words.end(), arguments.behind.begin(), arguments.behind.end());
        check_words(verb, arguments);
    } catch (Failure& failure) {
        failure.message += "\nSee 'podctl " + std::string(verb.name) + " --help' for usage.";
        if (verb.name == "diff")
            failure.exit_code = 2; // as for all that goes wrong there
        throw;
    }
    return verb.run(settings, arguments.words);
}

} // namespace

int run(std::span<char* const> args) {
    Settings settings;
    if (const char* socket = std::getenv("PODINIT_SOCKET"); socket && *socket != '\0')
        settings.common.socket = socket;
    const std::size_t at = find_verb(args);
    const std::string_view name = at < args.size() ? args[at] : "help";
    for (const Verb& verb : verbs) {
        if (verb.name != name)
            continue;
        std::vector<char*> rest(args.begin(), args.end());
        rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(at));
        return run_verb(verb, rest, settings);
    }
    try {
        parse_flags(args.first(std::min(at, args.size())), common_flags(settings));
        if (name != "help")
            fail({"unknown command \"", name, "\" for \"podctl\""});
    } catch (Failure& failure) {
        failure.message += "\nSee 'podctl --help' for usage.";
        throw;
    }
    print({help_text(at + 1 < args.size() ? args[at + 1] : "")});
    return 0;
}

} // namespace ctl
