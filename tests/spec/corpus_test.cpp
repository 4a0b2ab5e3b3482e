// SPDX-License-Identifier: Apache-2.0
// The list of every field that Kubernetes knows, where this machine has it.
#include "spec/pod_fields.hpp"

#include "tests/catch.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace spec;

namespace {

std::string shared() {
    const char* given = std::getenv("PODINIT_SHARED");
    return given ? given : SOURCE_ROOT "/../shared";
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
