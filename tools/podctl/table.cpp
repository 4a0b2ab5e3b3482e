// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/table.hpp"

#include <algorithm>
#include <span>

namespace ctl {

namespace {

using Line = std::vector<std::string_view>;

std::size_t width(std::string_view text) {
    // Code points, as tabwriter counts them: every byte but UTF-8's continuation bytes.
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::vector<Line> split(std::string_view text) {
    std::vector<Line> lines(1);
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\t' && text[i] != '\n')
            continue;
        lines.back().push_back(text.substr(begin, i - begin));
        begin = i + 1;
        if (text[i] == '\n')
            lines.emplace_back();
    }
    if (begin < text.size())
        lines.back().push_back(text.substr(begin));
    else
        lines.pop_back(); // the text ended with a newline
    return lines;
}

class Aligner {
  public:
    explicit Aligner(TabStops stops)
        : stops_(stops) {}

    // Lines share the columns in widths_; finds the blocks of the next column and goes into each.
    void format(std::span<const Line> lines) {
        const std::size_t column = widths_.size();
        const auto has_cell = [column](const Line& line) { return line.size() > column + 1; };
        std::size_t done = 0;
        for (std::size_t i = 0; i < lines.size();) {
            if (!has_cell(lines[i])) {
                ++i;
                continue;
            }
            write(lines.subspan(done, i - done));
            done = i;
            std::size_t widest = stops_.min_width;
            for (; i < lines.size() && has_cell(lines[i]); ++i)
                widest = std::max(widest, width(lines[i][column]) + stops_.padding);
            widths_.push_back(widest);
            format(lines.subspan(done, i - done));
            widths_.pop_back();
            done = i;
        }
        write(lines.subspan(done));
    }

    std::string take() { return std::move(out_); }

  private:
    void write(std::span<const Line> lines) {
        for (const Line& line : lines) {
            for (std::size_t i = 0; i < line.size(); ++i) {
                out_ += line[i];
                if (i < widths_.size() && i + 1 < line.size())
                    out_.append(widths_[i] - width(line[i]), ' ');
            }
            out_ += '\n';
        }
    }

    TabStops stops_;
    std::vector<std::size_t> widths_;
    std::string out_;
};

} // namespace

std::string align(std::string_view text, TabStops stops) {
    Aligner aligner(stops);
    const std::vector<Line> lines = split(text);
    aligner.format(lines);
    return aligner.take();
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
    std::string text;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i > 0)
                text += '\t';
            text += row[i];
        }
        text += '\n';
    }
    return align(text, table_stops);
}

} // namespace ctl
