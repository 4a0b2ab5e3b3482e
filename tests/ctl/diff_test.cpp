// SPDX-License-Identifier: Apache-2.0
#include "tests/catch.hpp"
#include "tools/podctl/line_diff.hpp"

#include <algorithm>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

// What patch(1) would make of `before`; checks every line that a hunk says is there.
std::string patched(const std::string& before, const std::string& hunks) {
    const auto old_lines = lines_of(before);
    std::string after;
    std::size_t at = 0;
    for (const std::string& line : lines_of(hunks)) {
        if (line.starts_with("@@")) {
            const std::size_t first = std::stoul(line.substr(4));
            const bool empty = line.find(",0 +") != line.npos;
            for (const std::size_t to = first - (empty ? 0 : 1); at < to; ++at)
                after += old_lines.at(at) + '\n';
            continue;
        }
        if (line[0] != '+')
            REQUIRE(old_lines.at(at++) == line.substr(1));
        if (line[0] != '-')
            after += line.substr(1) + '\n';
    }
    for (; at < old_lines.size(); ++at)
        after += old_lines[at] + '\n';
    return after;
}

std::size_t changes_in(const std::string& hunks) {
    const auto lines = lines_of(hunks);
    return static_cast<std::size_t>(
        std::count_if(lines.begin(), lines.end(), [](const std::string& l) { return l[0] == '+' || l[0] == '-'; }));
}

// By the longest common subsequence.
std::size_t fewest_changes(const std::string& before, const std::string& after) {
    const auto a = lines_of(before), b = lines_of(after);
    std::vector<std::vector<std::size_t>> longest(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t j = 0; j < b.size(); ++j)
            longest[i + 1][j + 1] = a[i] == b[j] ? longest[i][j] + 1 : std::max(longest[i][j + 1], longest[i + 1][j]);
    return a.size() + b.size() - 2 * longest[a.size()][b.size()];
}

} // namespace

TEST_CASE("a unified diff is as diff -u writes it") {
    struct Row {
        std::string before, after, expected;
    };
    const Row rows[] = {
        {"", "", ""},
        {"a\nb\n", "a\nb\n", ""},
        {"", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n"},
        {"a\n", "", "@@ -1 +0,0 @@\n-a\n"},
        {"a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"},
        {"a", "a\n", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"},
        // Three lines around a change; two changes share a hunk when no more than six are between them.
        {"1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n6\n7\n8\n9\n", "@@ -2,7 +2,6 @@\n 2\n 3\n 4\n-5\n 6\n 7\n 8\n"},
        {"a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n",
         "@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n"},
        {"a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
         "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n"},
    };
    for (const Row& row : rows)
        CHECK(ctl::unified_diff(row.before, row.after) == row.expected);
}

TEST_CASE("a diff turns one text into the other with the fewest changes") {
    std::mt19937 random(7);
    for (int round = 0; round < 400; ++round) {
        const auto text = [&] {
            std::string lines;
            for (unsigned n = random() % 30; n > 0; --n)
                lines.append(1, static_cast<char>('a' + random() % 4)).append("\n");
            return lines;
        };
        const std::string before = text(), after = text();
        const std::string hunks = ctl::unified_diff(before, after);
        CAPTURE(before, after, hunks);
        REQUIRE(patched(before, hunks) == after);
        REQUIRE(changes_in(hunks) == fewest_changes(before, after));
    }
}

TEST_CASE("texts that have little in common are compared in bounded time and memory") {
    std::string before, after;
    for (int i = 0; i < 20'000; ++i) {
        before += "before " + std::to_string(i) + "\n";
        after += (i % 100 == 0 ? "before " : "after ") + std::to_string(i) + "\n";
    }
    const std::string hunks = ctl::unified_diff("same\n" + before + "end\n", "same\n" + after + "end\n");
    CHECK(patched("same\n" + before + "end\n", hunks) == "same\n" + after + "end\n");
}
