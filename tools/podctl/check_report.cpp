// SPDX-License-Identifier: Apache-2.0
#include "spec/text.hpp"
#include "tools/podctl/check.hpp"

#include <algorithm>
#include <utility>

namespace ctl {

namespace {

std::string counted(std::size_t n, std::string_view what) {
    return std::to_string(n) + ' ' + std::string(what) + (n == 1 ? "" : "s");
}

} // namespace

void CheckReport::add_unreadable(const std::string& file, const Failure& failure) {
    std::string_view message = failure.message;
    if (constexpr std::string_view prefix = "error: "; message.starts_with(prefix))
        message.remove_prefix(prefix.size());
    add({.file = file, .message = std::string(message)}, spec::Severity::Error);
}

std::size_t CheckReport::count(spec::Severity severity) const {
    return static_cast<std::size_t>(std::ranges::count(findings, severity, &Finding::severity));
}

std::string CheckReport::text() const {
    std::string out;
    for (Finding finding : findings) {
        if (finding.severity == spec::Severity::Warning)
            finding.place.message.insert(0, "warning: ");
        out += to_text(finding.place) + '\n';
    }
    return out + counted(files, "file") + ", " + counted(objects, "object") + ": " +
           counted(count(spec::Severity::Error), "error") + ", " + counted(count(spec::Severity::Warning), "warning") +
           '\n';
}

std::string CheckReport::json() const {
    std::string out = R"({"apiVersion":"podinit/v1","kind":"CheckReport")";
    const auto number = [&](std::string_view name, std::size_t value) {
        out.append(",\"").append(name).append("\":").append(std::to_string(value));
    };
    const auto string = [&](std::string_view name, std::string_view value) {
        out.append(",\"").append(name).append("\":");
        spec::append_json_string(out, value);
    };
    number("files", files);
    number("objects", objects);
    number("errors", count(spec::Severity::Error));
    number("warnings", count(spec::Severity::Warning));
    out += R"(,"problems":[)";
    char separator = '{';
    for (const Finding& finding : findings) {
        if (std::exchange(separator, ',') == ',')
            out += ",{";
        else
            out += '{';
        out += finding.severity == spec::Severity::Error ? R"("severity":"error")" : R"("severity":"warning")";
        string("file", finding.place.file);
        if (finding.place.line != 0) {
            number("line", finding.place.line);
            number("column", finding.place.column);
        }
        string("pointer", finding.place.pointer);
        string("message", finding.place.message);
        out += '}';
    }
    return spec::pretty_json(out + "]}");
}

} // namespace ctl
