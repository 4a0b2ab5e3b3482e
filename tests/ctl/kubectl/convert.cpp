// SPDX-License-Identifier: Apache-2.0
// The objects that podctl makes of files, a line of JSON for each file: {"path", "objects", "errors"}, an object as a
// string of its JSON. With --kept: the text that podinit keeps of them, and none for those that it refuses.
#include "spec/object.hpp"
#include "spec/text.hpp"
#include "tools/podctl/manifests.hpp"

#include <cstdio>
#include <cstring>

namespace {

std::string kept(const std::string& json) {
    const auto object = spec::read_object(json);
    if (!object)
        return "";
    return object->kind == spec::Kind::Pod ? object->pods.front().text : object->text;
}

} // namespace

int main(int argc, char** argv) {
    const bool want_kept = argc > 1 && std::strcmp(argv[1], "--kept") == 0;
    for (int i = want_kept ? 2 : 1; i < argc; ++i) {
        const std::string path = argv[i];
        const ctl::Inputs inputs = ctl::read_inputs({&path, 1});
        std::string line = "{\"path\":";
        spec::append_json_string(line, path);
        line += ",\"objects\":[";
        for (const ctl::InputObject& object : inputs.objects) {
            const std::string json = want_kept ? kept(object.json) : object.json;
            if (json.empty())
                continue;
            line += line.ends_with('[') ? "" : ",";
            spec::append_json_string(line, json);
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
