// SPDX-License-Identifier: Apache-2.0
#include "spec/config.hpp"

#include "tests/catch.hpp"

#include <string>
#include <vector>

namespace {

using Strings = std::vector<std::string>;

spec::Config on(std::string_view cmdline) {
    return spec::read_command_line(cmdline, {}).config;
}

Strings problems(std::string_view cmdline) {
    Strings texts;
    for (const spec::Problem& problem : spec::read_command_line(cmdline, {}).problems)
        texts.push_back(problem.pointer + ": " + problem.message);
    return texts;
}

} // namespace

TEST_CASE("only podinit's parameters of a kernel command line count") {
    const auto line =
        spec::read_command_line("BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro quiet xpodinit.rescue podinit=1\n", {});
    CHECK_FALSE(line.rescue);
    CHECK(line.config.hostname.empty());
    CHECK(line.problems.empty());
}

TEST_CASE("rescue is asked for by its name alone or by a yes") {
    struct {
        const char* cmdline;
        bool rescue;
    } const table[] = {
        {"podinit.rescue", true},       {"podinit.rescue=1", true},      {"podinit.rescue=on", true},
        {"podinit.rescue=0", false},    {"podinit.rescue=false", false}, {"quiet\tpodinit.rescue", true},
        {"podinit.rescue=\"1\"", true}, {"\"podinit.rescue\"", true},    {"podinit.rescue podinit.rescue=0", false},
    };
    for (const auto& row : table) {
        INFO(row.cmdline);
        const auto line = spec::read_command_line(row.cmdline, {});
        CHECK(line.rescue == row.rescue);
        CHECK(line.problems.empty());
    }
}

TEST_CASE("double quotes keep the spaces of a value or a whole parameter") {
    CHECK(on("podinit.images=\"/a b,/c\" quiet").image_dirs == Strings{"/a b", "/c"});
    CHECK(on("\"podinit.images=/a b,/c\" quiet").image_dirs == Strings{"/a b", "/c"});
    CHECK(on("x=\"podinit.rescue podinit.hostname=no\" podinit.hostname=yes").hostname == "yes");
    CHECK(on("podinit.hostname=\"open").hostname == "open");
}

TEST_CASE("a list on the command line replaces the configured one, and modules are added") {
    spec::Config base;
    base.modules = {"loop"};
    base.manifest_dirs = {"/etc/podinit/manifests"};
    base.image_dirs = {"/images"};
    const auto line = spec::read_command_line("podinit.manifests=/m,/n, podinit.modules=,virtio_net,,e1000", base);
    CHECK(line.config.manifest_dirs == Strings{"/m", "/n"});
    CHECK(line.config.modules == Strings{"loop", "virtio_net", "e1000"});
    CHECK(line.config.image_dirs == Strings{"/images"});
}

TEST_CASE("a bad parameter is a warning and changes nothing") {
    CHECK(problems("podinit.hostnam=x") ==
          Strings{"podinit.hostnam: unknown parameter; there are rescue, hostname, modules, manifests and images"});
    CHECK(problems("podinit.=x").size() == 1);
    CHECK(problems("podinit.rescue=maybe") == Strings{"podinit.rescue: must be 0 or 1"});
    CHECK(problems("podinit.hostname") == Strings{"podinit.hostname: needs a value"});
    CHECK(problems("podinit.manifests=") == Strings{"podinit.manifests: needs a value"});
    for (const spec::Problem& problem : spec::read_command_line("podinit.a podinit.b=", {}).problems)
        CHECK(problem.severity == spec::Severity::Warning);
}
