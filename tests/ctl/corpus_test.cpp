// SPDX-License-Identifier: Apache-2.0
// Manifests that people have written, where they lie beside the source tree: each reads, quickly, and as PyYAML reads
// it.
#include "tests/catch.hpp"
#include "tools/podctl/yaml_read.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace {

struct Read {
    std::string path;
    std::vector<std::string> documents;
};

bool is_yaml(const std::filesystem::path& path) {
    return path.extension() == ".yaml" || path.extension() == ".yml" || path.extension() == ".manifest";
}

} // namespace

TEST_CASE("real manifests read as PyYAML reads them") {
    const std::filesystem::path corpus = std::filesystem::path(SOURCE_ROOT).parent_path() / "shared" / "corpus";
    if (!std::filesystem::exists(corpus)) {
        WARN("skipped: no manifests at " << corpus);
        return;
    }
    std::vector<Read> all;
    int refused = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
        if (!entry.is_regular_file() || !is_yaml(entry.path()))
            continue;
        std::ostringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        const auto begin = std::chrono::steady_clock::now();
        Read read{entry.path(), {}};
        const auto documents = ctl::read_yaml(text.str());
        bool good = documents.has_value();
        for (std::size_t i = 0; good && i < documents->size(); ++i) {
            auto json = (*documents)[i].to_json();
            good = json.has_value();
            if (good)
                read.documents.push_back(*std::move(json));
        }
        CAPTURE(read.path);
        CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
        if (good)
            all.push_back(std::move(read));
        else
            ++refused; // templates with placeholders, duplicate keys
    }
    CHECK(all.size() > 700);
    CHECK(refused < 60);
    if (system("python3 -c 'import yaml' 2>/dev/null") != 0) {
        WARN("skipped: PyYAML is not installed, so nothing was compared");
        return;
    }
    char name[] = "/tmp/podctl-corpus-XXXXXX";
    const int fd = mkstemp(name);
    REQUIRE(fd >= 0);
    close(fd);
    std::ofstream list(name);
    for (const Read& read : all) {
        list << read.path << '\n' << read.documents.size() << '\n';
        for (const std::string& document : read.documents)
            list << document << '\n';
    }
    list.close();
    CHECK(system(("python3 " SOURCE_ROOT "/tests/ctl/compare_yaml.py " + std::string(name)).c_str()) == 0);
    unlink(name);
}
