// SPDX-License-Identifier: Apache-2.0
// Other people's manifests, and the list of every field that Kubernetes knows, where this machine has them.
#include "spec/manifest.hpp"
#include "spec/pod_fields.hpp"

#include "tests/catch.hpp"
#include "tests/spec/pods.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

using namespace spec;

namespace {

std::string shared() {
    const char* given = std::getenv("PODINIT_SHARED");
    return given ? given : SOURCE_ROOT "/../shared";
}

std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> columns(const std::string& line) {
    std::vector<std::string> out;
    std::istringstream stream(line);
    for (std::string column; std::getline(stream, column, '\t');)
        out.push_back(column);
    return out;
}

// Is `path` ("spec.containers[].name") the name of a row, or below a row that is not honoured as a whole?
bool is_known(std::string path) {
    const fields::Type* type = &pod_type;
    std::istringstream stream(path);
    for (std::string name; std::getline(stream, name, '.');) {
        if (name.ends_with("[]"))
            name.resize(name.size() - 2);
        while (type->kind == fields::Type::Kind::List || type->kind == fields::Type::Kind::Optional)
            type = type->element;
        const fields::Row* found = nullptr;
        for (std::size_t i = 0; i < type->row_count; ++i)
            if (type->rows[i].name == name)
                found = &type->rows[i];
        if (!found)
            return false;
        if (!found->type)
            return true;
        type = found->type;
    }
    return true;
}

} // namespace

TEST_CASE("every field of the Pod API is in the table") {
    std::ifstream list(shared() + "/kubernetes/podfields.tsv");
    if (!list) {
        WARN("skipped: no list of the API's fields at " << shared());
        return;
    }
    std::string line;
    std::getline(list, line);
    std::size_t paths = 0;
    for (; std::getline(list, line); ++paths) {
        const std::string path = columns(line).at(0);
        INFO(path);
        CHECK(is_known(path));
    }
    CHECK(paths > 700);
    CHECK_FALSE(is_known("spec.containers[].imag"));
}

TEST_CASE("no JSON of the corpus has a field that we wrongly call unknown") {
    std::ifstream list(shared() + "/corpus/corpus.tsv");
    if (!list) {
        WARN("skipped: no corpus at " << shared());
        return;
    }
    std::size_t pods = 0;
    for (std::string line; std::getline(list, line);) {
        const std::vector<std::string> row = columns(line);
        const std::string file = row.at(0).substr(0, row[0].find('#'));
        if (!file.ends_with(".json"))
            continue;
        INFO(file);
        const auto items = list_items(contents(shared() + "/corpus/" + file));
        if (!items)
            continue; // several documents in a file, or a template
        for (const std::string& item : *items) {
            const auto manifest = read_manifest(item);
            pods += item.find(R"("kind":"Pod")") != std::string::npos;
            if (manifest) {
                const auto again = read_manifest(manifest->text);
                REQUIRE(again);
                CHECK(again->text == manifest->text);
                continue;
            }
            INFO(tests::describe(manifest.error()));
            CHECK_FALSE(manifest.error().empty());
            for (const Problem& problem : manifest.error())
                CHECK(problem.message.find("unknown field") == std::string::npos);
        }
    }
    CHECK(pods > 0);
}
