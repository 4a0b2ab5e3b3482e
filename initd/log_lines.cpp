// SPDX-License-Identifier: Apache-2.0
#include "initd/log_lines.hpp"

#include <cstring>
#include <iterator>

namespace initd {
namespace {

iovec piece(std::string_view text) noexcept {
    return {const_cast<char*>(text.data()), text.size()};
}

} // namespace

LineBatch::LineBatch(LogFile& file, Stream stream, const timespec& now)
    : file_(file)
    , now_(now) {
    prefix_[0] = cri_time(now) + (stream == Stream::Stdout ? " stdout P " : " stderr P ");
    prefix_[1] = prefix_[0];
    prefix_[1][prefix_[1].size() - 2] = 'F';
}

void LineBatch::add(char tag, std::string_view head, std::string_view text) {
    if (count_ == std::size(lines_))
        flush();
    lines_[count_++] = {{piece(prefix_[tag == 'F']), piece(head), piece(text), piece("\n")}};
}

void LineBatch::full(std::string_view head, std::string_view text) {
    std::string_view& end = text.empty() ? head : text;
    if (end.ends_with('\r'))
        end.remove_suffix(1);
    add('F', head, text);
}

void LineBatch::partial(std::string_view head, std::string_view text) {
    add('P', head, text);
}

void LineBatch::flush() {
    file_.append({lines_, count_}, now_);
    count_ = 0;
}

Cut cut_lines(std::string_view head, std::string_view data, LineBatch& lines) {
    Cut cut;
    for (;;) {
        const std::string_view rest = data.substr(cut.taken);
        const std::size_t room = max_log_line - head.size();
        const std::size_t newline = rest.substr(0, room + 1).find('\n');
        if (newline != std::string_view::npos) {
            lines.full(head, rest.substr(0, newline));
            cut.taken += newline + 1;
        } else if (rest.size() > room) {
            lines.partial(head, rest.substr(0, room));
            cut.taken += room;
        } else {
            return cut;
        }
        cut.took_head = true;
        head = {};
    }
}

} // namespace initd
