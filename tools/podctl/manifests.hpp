// SPDX-License-Identifier: Apache-2.0
// Files named with -f become objects that remember where they were written.
#pragma once

#include "spec/problem.hpp"
#include "tools/podctl/yaml_read.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ctl {

struct InputFile {
    std::string name; // as the user knows it; "STDIN" for "-"
    std::string text;
    std::optional<std::vector<YamlDocument>> documents; // of JSON only made when a position is asked for
};

struct InputObject {
    std::string json; // as it is written, or made of YAML
    InputFile* file = nullptr;
    std::size_t document = 0; // in the file
    std::string pointer;      // where in the document: "" or, in a List, "/items/3"
    YamlMark begin{1, 1};     // of the document, when it is written as JSON
};

// A problem with the place in the file where its value is written, as far as it can be told (line 0: it cannot).
struct Located {
    std::string file;
    unsigned line = 0;
    unsigned column = 0;
    std::string pointer; // in the document, as one value
    std::string message;
};

struct Inputs {
    std::deque<InputFile> files; // objects point into it
    std::vector<InputObject> objects;
    std::vector<Located> problems; // of what is no object: one line each in errors()
    std::vector<std::string> errors() const;
};

// Reads files, directories (*.json, *.yaml, *.yml, sorted; with `recursive` those of their directories too) and "-".
// Throws Failure for what is not there.
Inputs read_inputs(std::span<const std::string> paths, bool recursive = false);

// A file, or "-". Throws Failure when it cannot be read.
InputFile read_file(const std::string& path);

// Adds what one file, or "-", holds. Throws Failure when it cannot be read.
void add_file(Inputs& inputs, const std::string& path);

Located locate(const InputObject& object, const spec::Problem& problem);
std::string to_text(const Located& located); // "FILE:LINE:COLUMN: POINTER: MESSAGE"
std::string to_text(const InputObject& object, const spec::Problem& problem);

} // namespace ctl
