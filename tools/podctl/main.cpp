// SPDX-License-Identifier: Apache-2.0
// The command line as a tree of verbs, and the one place where failures become words and an exit code.
#include "tools/podctl/commands.hpp"
#include "tools/podctl/help.hpp"
#include "tools/podctl/output.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>

// The default one brings 45 kB of demangler along to say less.
namespace __gnu_cxx {
void __verbose_terminate_handler() {
    std::fputs("podctl: an internal error\n", stderr);
    std::abort();
}
} // namespace __gnu_cxx

namespace {

using namespace ctl;

struct CommandLine {
    Common common;
    ApplyOptions apply;
    DeleteOptions remove;
    bool force = false;
    GetOptions get;
    ExecOptions exec;
    LogsOptions logs;
    RestartOptions restart;
    bool kexec = false;
    bool client_only = false;
};

CLI::App* add_verb(CLI::App& app, const char* name) {
    CLI::App* verb = app.add_subcommand(name);
    verb->fallthrough(); // so that -n and --socket may come after it
    return verb;
}

void add_list_options(CLI::App* verb, GetOptions& options) {
    verb->add_option("resource", options.args);
    verb->add_option("-l,--selector", options.selector);
    verb->add_flag("-A,--all-namespaces", options.all_namespaces);
}

void add_pod_verbs(CLI::App& app, CommandLine& line) {
    CLI::App* apply = add_verb(app, "apply");
    apply->add_option("-f,--filename", line.apply.files)->allow_extra_args(false);
    apply->add_option("--dry-run", line.apply.dry_run);
    apply->add_flag("--transient", line.apply.transient);

    CLI::App* remove = add_verb(app, "delete");
    remove->add_option("resource", line.remove.args);
    remove->add_option("-f,--filename", line.remove.files)->allow_extra_args(false);
    remove->add_option("-l,--selector", line.remove.selector);
    remove->add_option("--grace-period", line.remove.grace_period);
    remove->add_flag("--all", line.remove.all);
    remove->add_flag("--now", line.remove.now);
    remove->add_flag("--force", line.force);
    remove->add_flag("--ignore-not-found", line.remove.ignore_not_found);
    remove->add_flag("--wait", line.remove.wait);

    CLI::App* get = add_verb(app, "get");
    add_list_options(get, line.get);
    get->add_option("-o,--output", line.get.output);
    get->add_flag("--no-headers", line.get.no_headers);
    get->add_flag("--show-labels", line.get.show_labels);
    add_list_options(add_verb(app, "describe"), line.get);

    CLI::App* exec = add_verb(app, "exec");
    exec->add_option("pod", line.exec.pod);
    exec->add_option("-c,--container", line.exec.container);
    exec->add_flag("-i,--stdin", line.exec.in);
    exec->add_flag("-t,--tty", line.exec.tty);
    exec->add_flag("-q,--quiet", line.exec.quiet);

    CLI::App* logs = add_verb(app, "logs");
    logs->add_option("pod", line.logs.pod);
    logs->add_option("-c,--container", line.logs.container);
    logs->add_flag("-f,--follow", line.logs.follow);
    logs->add_flag("-p,--previous", line.logs.previous);
    logs->add_flag("--timestamps", line.logs.timestamps);
    logs->add_option("--tail", line.logs.tail);

    CLI::App* restart = add_verb(app, "restart");
    restart->add_option("pod", line.restart.pod);
    restart->add_option("-c,--container", line.restart.container);
}

void add_machine_verbs(CLI::App& app, CommandLine& line) {
    add_verb(app, "node");
    add_verb(app, "poweroff");
    add_verb(app, "reboot")->add_flag("--kexec", line.kexec);
    add_verb(app, "halt");
    add_verb(app, "version")->add_flag("--client", line.client_only);
}

void require_pod(std::string_view verb, const std::string& pod) {
    if (pod.empty())
        fail({"a pod's name is required; see 'podctl ", verb, " --help'"});
}

int run_verb(std::string_view verb, CommandLine& line) {
    if (verb == "apply")
        return run_apply(line.common, line.apply);
    if (verb == "delete") {
        if (line.force && line.remove.grace_period.empty())
            line.remove.now = true;
        return run_delete(line.common, line.remove);
    }
    if (verb == "get")
        return run_get(line.common, line.get);
    if (verb == "describe")
        return run_describe(line.common, line.get);
    if (verb == "exec") {
        require_pod(verb, line.exec.pod);
        return run_exec(line.common, line.exec);
    }
    if (verb == "logs") {
        require_pod(verb, line.logs.pod);
        return run_logs(line.common, line.logs);
    }
    if (verb == "restart") {
        require_pod(verb, line.restart.pod);
        return run_restart(line.common, line.restart);
    }
    if (verb == "node")
        return run_node(line.common);
    if (verb == "poweroff")
        return run_power(line.common, spec::PowerAction::PowerOff);
    if (verb == "reboot")
        return run_power(line.common, line.kexec ? spec::PowerAction::Kexec : spec::PowerAction::Reboot);
    if (verb == "halt")
        return run_power(line.common, spec::PowerAction::Halt);
    return run_version(line.common, line.client_only);
}

// CLI11's complaint in kubectl's words.
std::string usage_error(const CLI::App& app, const std::string& verb, const CLI::ParseError& error) {
    const std::string see = "\nSee 'podctl " + verb + (verb.empty() ? "" : " ") + "--help' for usage.";
    const auto extras = app.remaining(true);
    if (extras.empty())
        return std::string("error: ") + error.what() + see;
    const std::string& first = extras.front();
    if (first.starts_with("--"))
        return "error: unknown flag: " + first.substr(0, first.find('=')) + see;
    if (first.starts_with("-"))
        return "error: unknown shorthand flag: '" + first.substr(1, 1) + "' in " + first + see;
    if (verb.empty())
        return "error: unknown command \"" + first + "\" for \"podctl\"" + see;
    if (verb == "exec")
        return "error: exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead" + see;
    return "error: unexpected argument \"" + first + "\"" + see;
}

int run(int argc, char** argv) {
    CommandLine line;
    if (const char* socket = std::getenv("PODINIT_SOCKET"); socket && *socket != '\0')
        line.common.socket = socket;
    CLI::App app;
    app.name("podctl");
    app.add_option("-n,--namespace", line.common.namespace_);
    app.add_option("--socket", line.common.socket);
    add_pod_verbs(app, line);
    add_machine_verbs(app, line);

    // What comes behind "--" is exec's command, and no business of the parser's.
    std::vector<std::string> args;
    int i = 1;
    for (; i < argc && std::string_view(argv[i]) != "--"; ++i)
        args.insert(args.begin(), argv[i]); // CLI11 takes them from the back
    line.exec.command.assign(argv + std::min(i + 1, argc), argv + argc);

    const auto verb = [&app] {
        const auto parsed = app.get_subcommands();
        return parsed.empty() ? std::string() : parsed.front()->get_name();
    };
    try {
        app.parse(std::move(args));
    } catch (const CLI::CallForHelp&) {
        print({help_text(verb())});
        return 0;
    } catch (const CLI::ParseError& error) {
        throw Failure{usage_error(app, verb(), error)};
    }
    if (verb().empty()) {
        print({help_text("")});
        return 0;
    }
    if (verb() != "exec" && !line.exec.command.empty())
        fail({"only exec takes a command behind \"--\""});
    return run_verb(verb(), line);
}

} // namespace

int main(int argc, char** argv) {
    try {
        const int code = run(argc, argv);
        if (flush_output())
            return code;
        complain({"error: writing to standard output failed"});
    } catch (const Failure& failure) {
        complain({failure.message});
        return failure.exit_code;
    } catch (const std::bad_alloc&) {
        complain({"error: out of memory"});
    }
    return 1;
}
