// SPDX-License-Identifier: Apache-2.0
// The objects that podctl makes of files, a line of JSON for each file: {"path", "objects", "errors"}, an
// object as a string of its JSON.
#include "spec/text.hpp"
#include "tools/podctl/manifests.hpp"

#include <cstdio>

int main(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string path = argv[i];
        const ctl::Inputs inputs = ctl::read_inputs({&path, 1});
        std::string line = "{\"path\":";
        spec::append_json_string(line, path);
        line += ",\"objects\":[";
        for (const ctl::InputObject& object : inputs.objects) {
            line += line.ends_with('[') ? "" : ",";
            spec::append_json_string(line, object.json);
        }
        line += "],\"errors\":[";
        for (const std::string& error : inputs.errors()) {
            line += line.ends_with('[') ? "" : ",";
            spec::append_json_string(line, error);
        }
        line += "]}\n";
        std::fputs(line.c_str(), stdout);
    }
    return 0;
}
