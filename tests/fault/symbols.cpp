// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/symbols.hpp"

#include "tests/daemon/log_rig.hpp"

#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <elf.h>

namespace fault {

namespace {

// Without arguments and what compilers append to copies of a function (" [clone .cold]" names no entry).
std::string readable(const char* symbol) {
    if (std::strncmp(symbol, "_Z", 2) != 0)
        return symbol;
    int status = 0;
    char* text = abi::__cxa_demangle(symbol, nullptr, nullptr, &status);
    std::string name = text ? text : "";
    std::free(text);
    const auto space = std::string("(anonymous namespace)");
    const auto from = name.find(space) == name.npos ? 0 : name.find(space) + space.size();
    const bool whole = name.find("[clone") == name.npos && name.find("{lambda") == name.npos;
    return whole ? name.substr(0, name.find('(', from)) : "";
}

} // namespace

Symbols::Symbols(const std::string& path) {
    const std::string file = initd::read_text(path);
    Elf64_Ehdr header{};
    if (file.size() < sizeof header)
        return;
    std::memcpy(&header, file.data(), sizeof header);
    entry_ = header.e_entry;
    relocatable_ = header.e_type == ET_DYN;
    const auto section = [&](std::size_t index) {
        Elf64_Shdr one{};
        if (const auto at = header.e_shoff + index * sizeof one; at + sizeof one <= file.size())
            std::memcpy(&one, file.data() + at, sizeof one);
        return one;
    };
    for (std::size_t i = 0; i < header.e_shnum; ++i) {
        const Elf64_Shdr table = section(i);
        if (table.sh_type != SHT_SYMTAB)
            continue;
        const Elf64_Shdr names = section(table.sh_link);
        for (std::size_t at = 0; at + sizeof(Elf64_Sym) <= table.sh_size; at += sizeof(Elf64_Sym)) {
            Elf64_Sym symbol{};
            std::memcpy(&symbol, file.data() + table.sh_offset + at, sizeof symbol);
            if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_value != 0)
                functions_.emplace(readable(file.data() + names.sh_offset + symbol.st_name), symbol.st_value);
        }
    }
}

std::optional<std::uint64_t> Symbols::find(const std::string& name) const {
    const auto found = functions_.find(name);
    return found == functions_.end() ? std::nullopt : std::optional(found->second);
}

} // namespace fault
