// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/cri_log.hpp"

#include <algorithm>
#include <array>
#include <sys/stat.h>
#include <unistd.h>

namespace ctl {

namespace {

std::string_view take_word(std::string_view& line) {
    const std::size_t end = line.find(' ');
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(end == line.npos ? line.size() : end + 1);
    return word;
}

// Is the raw line that begins here the end of one that the container wrote?
bool is_full_line(int fd, std::int64_t offset) {
    std::array<char, 128> buffer; // time, stream and tag are shorter
    const ssize_t n = pread(fd, buffer.data(), buffer.size(), offset);
    const auto line = n > 0 ? parse_cri_line({buffer.data(), static_cast<std::size_t>(n)}) : std::nullopt;
    return !line || !line->partial;
}

} // namespace

std::optional<CriLine> parse_cri_line(std::string_view line) {
    CriLine parsed;
    parsed.time = take_word(line);
    parsed.stream = take_word(line);
    const std::string_view tags = take_word(line); // "F", or with more behind a colon
    if (parsed.time.empty() || (parsed.stream != "stdout" && parsed.stream != "stderr") || tags.empty())
        return std::nullopt;
    parsed.partial = tags.substr(0, tags.find(':')) == "P";
    parsed.text = line;
    return parsed;
}

void CriDecoder::feed(std::string_view bytes, std::string& out) {
    for (std::size_t end = bytes.find('\n'); end != bytes.npos; end = bytes.find('\n')) {
        if (rest_.empty()) {
            line(bytes.substr(0, end), out);
        } else {
            rest_ += bytes.substr(0, end);
            line(rest_, out);
            rest_.clear();
        }
        bytes.remove_prefix(end + 1);
    }
    rest_ += bytes;
}

void CriDecoder::line(std::string_view line, std::string& out) {
    const auto parsed = parse_cri_line(line);
    // Written in UTC with as many digits before the fraction as there are in `since_`: they sort as text.
    const std::size_t seconds = since_.empty() ? 0 : since_.size() - 1;
    if (parsed && parsed->time.substr(0, seconds) < std::string_view(since_).substr(0, seconds))
        return;
    if (!parsed) // torn by a crash of the machine: shown as it is rather than lost
        (out += line) += '\n';
    else {
        if (timestamps_ && at_line_start_)
            (out += parsed->time) += ' ';
        out += parsed->text;
        if (!parsed->partial)
            out += '\n';
    }
    at_line_start_ = !parsed || !parsed->partial;
}

std::int64_t tail_offset(int fd, std::int64_t& lines) {
    struct stat info {};
    if (fstat(fd, &info) != 0)
        return 0;
    // Backwards from the end. A line is full where its last raw line is; the tail begins behind the one line too many.
    std::array<char, 65536> block;
    std::int64_t behind = info.st_size; // where the raw line behind the one at hand begins
    for (std::int64_t end = info.st_size; end > 0;) {
        const std::int64_t begin = std::max<std::int64_t>(0, end - static_cast<std::int64_t>(block.size()));
        const ssize_t n = pread(fd, block.data(), static_cast<std::size_t>(end - begin), begin);
        if (n != end - begin)
            return behind;
        for (std::int64_t i = end; i > begin || (i == 0 && begin == 0); --i) {
            // A raw line begins at i, unless that is the end of the file.
            const bool starts = i == 0 || (i < info.st_size && block[static_cast<std::size_t>(i - 1 - begin)] == '\n');
            if (!starts)
                continue;
            if (is_full_line(fd, i) && lines-- == 0)
                return lines = 0, behind;
            behind = i;
        }
        end = begin;
    }
    return 0;
}

} // namespace ctl
