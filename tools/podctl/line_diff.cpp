// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/line_diff.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace ctl {

namespace {

constexpr std::ptrdiff_t context = 3;
constexpr std::ptrdiff_t max_changes = 2000; // Myers' algorithm keeps a row for each: 16 MB at most

using Lines = std::span<const std::string_view>;

// With their newlines: the last may have none.
std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
        lines.push_back(text.substr(0, size));
        text.remove_prefix(size);
    }
    return lines;
}

// Lines [before, before + removed) give way to [after, after + added).
struct Change {
    std::ptrdiff_t before = 0, removed = 0, after = 0, added = 0;
};

// E. Myers, "An O(ND) Difference Algorithm": row d holds how far along `a` each diagonal gets with d changes.
class Myers {
  public:
    Myers(Lines a, Lines b)
        : a_(a)
        , b_(b) {}

    // From the first to the last; one change of everything when there are too many.
    std::vector<Change> changes() {
        for (std::ptrdiff_t d = 0; d <= max_changes; ++d)
            if (extend(d))
                return trace(d);
        return {{0, size(a_), 0, size(b_)}};
    }

  private:
    static std::ptrdiff_t size(Lines lines) { return static_cast<std::ptrdiff_t>(lines.size()); }

    // How far diagonal k (x - y) got with d changes; row d is for k in -d, -d + 2, ..., d.
    std::ptrdiff_t& reach(std::ptrdiff_t d, std::ptrdiff_t k) {
        return rows_[static_cast<std::size_t>(d)][static_cast<std::size_t>((k + d) / 2)];
    }

    // Does the way to diagonal k with d changes come by adding a line of b (else by removing one of a)?
    bool by_adding(std::ptrdiff_t d, std::ptrdiff_t k) {
        return k == -d || (k != d && reach(d - 1, k - 1) < reach(d - 1, k + 1));
    }

    bool extend(std::ptrdiff_t d) {
        rows_.emplace_back(static_cast<std::size_t>(d + 1));
        for (std::ptrdiff_t k = -d; k <= d; k += 2) {
            std::ptrdiff_t x = d == 0 ? 0 : by_adding(d, k) ? reach(d - 1, k + 1) : reach(d - 1, k - 1) + 1;
            while (x < size(a_) && x - k < size(b_) &&
                   a_[static_cast<std::size_t>(x)] == b_[static_cast<std::size_t>(x - k)])
                ++x;
            reach(d, k) = x;
            if (x >= size(a_) && x - k >= size(b_))
                return true;
        }
        return false;
    }

    // Back along the way that came to the end with d changes.
    std::vector<Change> trace(std::ptrdiff_t d) {
        std::vector<Change> changes;
        std::ptrdiff_t k = size(a_) - size(b_);
        for (; d > 0; --d) {
            const bool adding = by_adding(d, k);
            k += adding ? 1 : -1;
            const std::ptrdiff_t x = reach(d - 1, k); // before the change
            const Change change{x, adding ? 0 : 1, x - k, adding ? 1 : 0};
            Change* later = changes.empty() ? nullptr : &changes.back();
            if (later && change.before + change.removed == later->before && change.after + change.added == later->after)
                *later = {change.before, change.removed + later->removed, change.after, change.added + later->added};
            else
                changes.push_back(change);
        }
        std::reverse(changes.begin(), changes.end());
        return changes;
    }

    Lines a_, b_;
    std::vector<std::vector<std::ptrdiff_t>> rows_;
};

std::string range_text(std::ptrdiff_t first, std::ptrdiff_t count) {
    // A range without lines is called by the line before it.
    std::string text = std::to_string(count == 0 ? first : first + 1);
    return count == 1 ? text : text + ',' + std::to_string(count);
}

class Printer {
  public:
    Printer(Lines a, Lines b)
        : a_(a)
        , b_(b) {}

    // The changes of one hunk: no more than twice the context is between two of them.
    void hunk(std::span<const Change> changes) {
        const Change& first = changes.front();
        const Change& last = changes.back();
        const std::ptrdiff_t lead = std::min(context, first.before);
        const std::ptrdiff_t end =
            std::min(last.before + last.removed + context, static_cast<std::ptrdiff_t>(a_.size()));
        const std::ptrdiff_t trail = end - last.before - last.removed;
        const std::ptrdiff_t from_a = first.before - lead, from_b = first.after - lead;
        text += "@@ -" + range_text(from_a, end - from_a) + " +" +
                range_text(from_b, last.after + last.added + trail - from_b) + " @@\n";
        std::ptrdiff_t at = from_a;
        for (const Change& change : changes) {
            lines(' ', a_, at, change.before);
            lines('-', a_, change.before, change.before + change.removed);
            lines('+', b_, change.after, change.after + change.added);
            at = change.before + change.removed;
        }
        lines(' ', a_, at, end);
    }

    std::string text;

  private:
    void lines(char mark, Lines of, std::ptrdiff_t from, std::ptrdiff_t to) {
        for (; from < to; ++from) {
            const std::string_view line = of[static_cast<std::size_t>(from)];
            text += mark;
            text += line;
            if (!line.ends_with('\n'))
                text += "\n\\ No newline at end of file\n";
        }
    }

    Lines a_, b_;
};

} // namespace

std::string unified_diff(std::string_view before, std::string_view after) {
    const auto a = split(before), b = split(after);
    // What is equal at both ends, which is most of it, takes no part in the search.
    const auto same = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    const auto head = static_cast<std::size_t>(same.first - a.begin());
    std::size_t tail = 0;
    while (tail < std::min(a.size(), b.size()) - head && a[a.size() - tail - 1] == b[b.size() - tail - 1])
        ++tail;
    if (head == a.size() && head == b.size())
        return "";
    const Lines all_a(a), all_b(b);
    auto changes =
        Myers(all_a.subspan(head, a.size() - head - tail), all_b.subspan(head, b.size() - head - tail)).changes();
    for (Change& change : changes) {
        change.before += static_cast<std::ptrdiff_t>(head);
        change.after += static_cast<std::ptrdiff_t>(head);
    }
    Printer printer(all_a, all_b);
    for (std::size_t first = 0, i = 1; i <= changes.size(); ++i) {
        if (i < changes.size() && changes[i].before - (changes[i - 1].before + changes[i - 1].removed) <= 2 * context)
            continue;
        printer.hunk(std::span(changes).subspan(first, i - first));
        first = i;
    }
    return std::move(printer.text);
}

} // namespace ctl
