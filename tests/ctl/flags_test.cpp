// SPDX-License-Identifier: Apache-2.0
#include "tests/catch.hpp"
#include "tools/podctl/flags.hpp"
#include "tools/podctl/output.hpp"

namespace {

struct Parsed {
    std::string namespace_;
    std::vector<std::string> files;
    bool in = false, tty = false, wait = true;
    ctl::Arguments arguments;
};

Parsed parse(std::vector<std::string> args) {
    std::vector<char*> pointers;
    for (std::string& arg : args)
        pointers.push_back(arg.data());
    Parsed parsed;
    const ctl::Flag flags[] = {{'n', "namespace", &parsed.namespace_},
                               {'f', "filename", &parsed.files},
                               {'i', "stdin", &parsed.in},
                               {'t', "tty", &parsed.tty},
                               {'\0', "wait", &parsed.wait}};
    parsed.arguments = ctl::parse_flags(pointers, flags);
    return parsed;
}

std::string failure_of(std::vector<std::string> args) {
    try {
        parse(std::move(args));
    } catch (const ctl::Failure& failure) {
        return failure.message;
    }
    return "none";
}

using Words = std::vector<std::string>;

} // namespace

TEST_CASE("a flag's value may be written in each of kubectl's ways") {
    for (const Words& args :
         {Words{"-n", "a"}, {"-na"}, {"-n=a"}, {"--namespace", "a"}, {"--namespace=a"}, {"-itna"}}) {
        CAPTURE(args);
        CHECK(parse(args).namespace_ == "a");
    }
    CHECK(parse({"-n", "-1"}).namespace_ == "-1");
    CHECK(parse({"--namespace="}).namespace_.empty());
    CHECK(parse({"-f", "a", "-fb", "--filename=c", "-f", "-"}).files == Words{"a", "b", "c", "-"});
}

TEST_CASE("switches stand alone, together or with a value") {
    const Parsed both = parse({"-it"});
    CHECK((both.in && both.tty && both.wait));
    CHECK(parse({"--stdin"}).in);
    CHECK_FALSE(parse({"--wait=false"}).wait);
    CHECK_FALSE(parse({"-i=false"}).in);
    CHECK(parse({"--wait", "false"}).arguments.words == Words{"false"});
}

TEST_CASE("flags and words mix, and behind two dashes nothing is a flag") {
    const Parsed parsed = parse({"a", "-n", "b", "c", "-", "--", "-n", "--", "d"});
    CHECK(parsed.arguments.words == Words{"a", "c", "-"});
    CHECK(parsed.arguments.behind == Words{"-n", "--", "d"});
    CHECK(parsed.namespace_ == "b");
    CHECK(parse({}).arguments.words.empty());
    CHECK(parse({"--"}).arguments.behind.empty());
}

TEST_CASE("a bad flag is named") {
    CHECK(failure_of({"--nope=1"}) == "error: unknown flag: --nope");
    CHECK(failure_of({"---"}) == "error: unknown flag: ---");
    CHECK(failure_of({"-iz"}) == "error: unknown shorthand flag: 'z' in -iz");
    CHECK(failure_of({"--namespace"}) == "error: flag needs an argument: --namespace");
    CHECK(failure_of({"-in"}) == "error: flag needs an argument: 'n' in -in");
    CHECK(failure_of({"--tty=2"}) == "error: invalid argument \"2\" for --tty flag: neither true nor false");
}
