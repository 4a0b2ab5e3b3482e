// SPDX-License-Identifier: Apache-2.0
// What a podinit of an earlier version has left is read as it was meant. version1.tsv holds such records, and what of a
// file was not zero; it is never written again. Who adds a field leaves its sample alone: it is then at its default.
#include "initd/state/core_records.hpp"
#include "tests/catch.hpp"
#include "tests/state/files.hpp"

#include <cstdio>
#include <map>
#include <memory>

namespace initd {

namespace {

using Samples = std::map<std::string, std::string>; // by name; bytes

int digit(char c) {
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

Samples read_samples(const char* path) {
    const std::unique_ptr<FILE, int (*)(FILE*)> file(fopen(path, "r"), fclose);
    REQUIRE(file);
    Samples samples;
    char name[100];
    static char hex[100'000];
    while (fscanf(file.get(), "%99s %99999s", name, hex) == 2) {
        std::string& bytes = samples[name];
        for (const char* at = hex; at[0] != '\0' && at[1] != '\0'; at += 2)
            bytes += static_cast<char>(digit(at[0]) << 4 | digit(at[1]));
    }
    return samples;
}

std::string to_hex(std::string_view bytes) {
    std::string hex;
    for (const char c : bytes) {
        hex += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
        hex += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
    }
    return hex;
}

template <class T>
std::string written(const T& value) {
    std::string out;
    encode(out, value);
    return out;
}

// A number for each field that is different from every other.
CoreRecord sample_core() {
    auto ms = [next = 1000]() mutable { return Millis{++next}; };
    CoreRecord record;
    record.pod = {.facts = {.restart_policy = spec::RestartPolicy::OnFailure,
                            .held = true,
                            .grace = ms(),
                            .active_deadline = ms(),
                            .after = 5},
                  .phase = PodPhase::Up,
                  .finish = Finish::Ended,
                  .removed = true,
                  .held = false,
                  .sandbox_lost = true,
                  .initialized = false,
                  .restarting_all = true,
                  .generation = 71,
                  .added = ms(),
                  .started = ms(),
                  .initialized_at = ms(),
                  .stop_asked = ms(),
                  .retry_at = ms(),
                  .expires = ms(),
                  .backoff = {ms(), ms()}};
    const PastRun last{.valid = true,
                       .exit = {.code = 137,
                                .oom_killed = true,
                                .never_ran = false,
                                .not_created = true,
                                .rule = RestartRule::RestartAll},
                       .started = ms(),
                       .finished = ms(),
                       .attempt = 72};
    const UnitState unit{.facts = {.role = Role::Sidecar,
                                   .restart_policy = spec::RestartPolicy::Never,
                                   .post_start = true,
                                   .pre_stop = false,
                                   .post_start_sleep = ms(),
                                   .pre_stop_sleep = ms(),
                                   .notifies = true,
                                   .watchdog = ms()},
                         .phase = UnitPhase::Running,
                         .stop = Stop::Turn,
                         .start_again = true,
                         .not_created = false,
                         .post_start = true,
                         .post_start_failed = false,
                         .startup_passed = true,
                         .notified = false,
                         .ready = true,
                         .generation = 73,
                         .hook_serial = 74,
                         .restarts = 75,
                         .started = ms(),
                         .ready_changed = ms(),
                         .grace_end = ms(),
                         .hook_until = ms(),
                         .kill_at = ms(),
                         .resume = ms(),
                         .alive_until = ms(),
                         .backoff = {ms(), ms()},
                         .last = last};
    record.units = {unit, UnitState{}};
    record.probes = {{.facts = {.unit = 1,
                                .kind = ProbeKind::Readiness,
                                .initial_delay = ms(),
                                .period = ms(),
                                .timeout = ms(),
                                .success_threshold = 76,
                                .failure_threshold = 77,
                                .grace = ms()},
                      .asking = true,
                      .last = false,
                      .good = true,
                      .in_row = 78,
                      .serial = 79,
                      .next = ms(),
                      .until = ms()}};
    return record;
}

// The bytes of a record of an earlier version mean what they meant then.
template <class T>
void check_sample(const Samples& samples, const char* name, const T& expected) {
    const auto found = samples.find(name);
    INFO(name << " is written now as " << to_hex(written(expected)));
    REQUIRE(found != samples.end());
    T value;
    Reader reader(found->second);
    fields(reader, value);
    CHECK_FALSE(reader.bad());
    CHECK(to_hex(written(value)) == to_hex(written(expected)));
}

const char* const path = SAMPLES "/version1.tsv";

} // namespace

TEST_CASE("a record that version 1 has written is read as it was meant") {
    check_sample(read_samples(path), "core", sample_core());
}

TEST_CASE("a file that version 1 has left is taken on, with what was in it") {
    std::string file(32'768, '\0');
    int granules = 0;
    for (const auto& [name, bytes] : read_samples(path))
        if (name.starts_with("file+")) {
            file.replace(std::strtoul(name.c_str() + 5, nullptr, 10), bytes.size(), bytes);
            ++granules;
        }
    CHECK(granules > 5);
    auto state = StateFile::adopt(file_of(file));
    REQUIRE(state);
    CHECK(state->damaged().empty());
    CHECK(state->control().generation == 12345);
    CHECK(state->ids(RecordKind::Core) == std::vector<std::uint32_t>{3, 9});
    CoreRecord found;
    REQUIRE(state->recall(RecordKind::Core, 9, found));
    CHECK(written(found) == written(sample_core()));
}

// Run by its name: what version1.tsv would be now, on standard output.
TEST_CASE("samples are written when they are asked for", "[.]") {
    printf("core\t%s\n", to_hex(written(sample_core())).c_str());
    StateFile state = made();
    state.control().generation = 12345;
    for (const std::uint32_t id : {3u, 9u, 4u})
        state.keep(RecordKind::Core, id, sample_core());
    state.drop(RecordKind::Core, 4);
    const std::string bytes = bytes_of(state.fd());
    for (std::size_t at = 0; at < bytes.size(); at += 64)
        if (bytes.find_first_not_of('\0', at) < at + 64)
            printf("file+%05zu\t%s\n", at, to_hex(std::string_view(bytes).substr(at, 64)).c_str());
}

} // namespace initd
