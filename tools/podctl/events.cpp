// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/events.hpp"

#include "tools/podctl/commands.hpp"
#include "tools/podctl/duration.hpp"
#include "tools/podctl/output.hpp"
#include "tools/podctl/print_objects.hpp"
#include "tools/podctl/table.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace ctl {

namespace {

ListedEvent read_event(std::string json) {
    auto event = spec::read_event_object(json);
    if (!event)
        fail({"podinit sent an event that podctl cannot read: ", event.error().front().pointer, ": ",
              event.error().front().message, " (are both of the same version?)"});
    return {*std::move(event), std::move(json)};
}

// Up to the first line break, as kubectl's tables have it.
std::string first_line(std::string_view text) {
    const std::size_t end = text.find_first_of("\f\n\r");
    return std::string(text.substr(0, end)).append(end == text.npos ? "" : "...");
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    return text;
}

bool is_wanted(const spec::Event& event, const std::vector<std::string>& types) {
    return types.empty() ||
           std::ranges::any_of(types, [&](const std::string& type) { return lower(type) == lower(event.type); });
}

// The types, which may be joined by commas.
std::vector<std::string> split_types(const std::vector<std::string>& given) {
    std::vector<std::string> types;
    for (std::string_view rest : given)
        for (std::size_t end = 0; end != rest.npos; rest.remove_prefix(end == rest.npos ? 0 : end + 1)) {
            end = rest.find(',');
            types.emplace_back(rest.substr(0, end));
            if (lower(types.back()) != "normal" && lower(types.back()) != "warning")
                fail({"valid --types are Normal or Warning"});
        }
    return types;
}

class EventPrinter {
  public:
    EventPrinter(const EventsOptions& options)
        : options_(options) {}

    std::string lines(std::span<const ListedEvent> events, std::int64_t now_ms) {
        std::string text;
        if (!options_.no_headers && !std::exchange(has_headers_, true))
            text.append(options_.all_namespaces ? "NAMESPACE\t" : "")
                .append("LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n");
        for (const auto& [event, json] : events) {
            if (options_.all_namespaces)
                text.append(event.metadata.namespace_) += '\t';
            for (const std::string& cell : {interval(event, now_ms), event.type, event.reason,
                                            event.involved_object.kind + "/" + event.involved_object.name})
                text.append(cell) += '\t';
            text.append(printable(event.message)) += '\n';
        }
        return align(text, table_stops);
    }

  private:
    const EventsOptions& options_;
    bool has_headers_ = false;
};

// A podinit that comes back tells everything from the start: what has been seen is passed over.
class EventWatch {
  public:
    EventWatch(Client& client, const spec::List& list)
        : client_(client)
        , call_(list) {
        client_.send({.call = call_, .more = true});
    }

    ListedEvent next() {
        for (;;)
            try {
                auto answer = value_or_fail(client_.receive(call_));
                auto& listed = std::get<spec::Listed>(answer.reply);
                if (!listed.object)
                    continue;
                ListedEvent event = read_event(std::move(listed.object->text));
                if (is_new(event.event))
                    return event;
            } catch (const ConnectionLost& lost) {
                const std::int64_t now = now_ms();
                losses_ = now - lost_at_ < quickly_ms ? losses_ + 1 : 1;
                if (losses_ == too_often)
                    throw;
                lost_at_ = now;
                client_.reconnect(lost);
                client_.send({.call = call_, .more = true});
            }
    }

  private:
    static constexpr int too_often = 20;
    static constexpr std::int64_t quickly_ms = 1'000;

    bool is_new(const spec::Event& event) {
        const std::string name = event.metadata.namespace_ + '/' + event.metadata.name;
        const auto [seen, first] = counts_.try_emplace(name, event.count);
        return first || std::exchange(seen->second, event.count) != event.count;
    }

    Client& client_;
    spec::Call call_;
    std::map<std::string, std::int32_t> counts_; // what was told of each event last
    std::int64_t lost_at_ = 0;
    int losses_ = 0; // each soon after the one before
};

int watch_events(Client& client, const spec::List& list, const EventsOptions& options,
                 const std::vector<std::string>& types) {
    EventWatch watch(client, list);
    EventPrinter printer(options);
    for (;;) {
        const ListedEvent event = watch.next();
        if (!is_wanted(event.event, types))
            continue;
        if (options.output.empty())
            print({printer.lines({&event, 1}, now_ms())});
        else
            print_json(event.json, options.output);
        if (!flush_output())
            return 1; // nobody reads any more
    }
}

} // namespace

bool is_events(std::string_view resource) {
    return resource == "events" || resource == "event" || resource == "ev";
}

std::string printable(std::string_view message) {
    const auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
    while (!message.empty() && is_space(message.back()))
        message.remove_suffix(1);
    while (!message.empty() && is_space(message.front()))
        message.remove_prefix(1);
    std::string text;
    for (const char c : message)
        if (c == '\x1b')
            text += "^[";
        else if (c == '\r')
            text += "\\r";
        else
            text += c;
    return text;
}

std::expected<std::vector<ListedEvent>, spec::ControlError> list_events(Client& client, const std::string& namespace_,
                                                                        const std::string& pod) {
    const spec::Call call = spec::List{namespace_, pod, std::string(spec::event_resource)};
    client.send({.call = call, .more = true});
    std::vector<ListedEvent> events;
    for (bool more = true; more;) {
        auto answer = client.receive(call);
        if (!answer)
            return std::unexpected(std::move(answer.error()));
        more = answer->continues;
        if (auto& listed = std::get<spec::Listed>(answer->reply); listed.object)
            events.push_back(read_event(std::move(listed.object->text)));
    }
    // Times in UTC compare as text.
    std::ranges::stable_sort(events, {}, [](const ListedEvent& each) { return each.event.last_timestamp; });
    return events;
}

std::string interval(const spec::Event& event, std::int64_t now_ms) {
    const std::string first = age(event.first_timestamp, now_ms);
    if (event.count <= 1)
        return first;
    return age(event.last_timestamp, now_ms) + " (x" + std::to_string(event.count) + " over " + first + ")";
}

Found find_events(Client& client, const Common& common, std::span<const std::string> names, bool all_namespaces) {
    auto events = value_or_fail(list_events(client, all_namespaces ? "" : common.namespace_or_default(), ""));
    std::ranges::sort(events, {}, [](const ListedEvent& each) {
        return std::tie(each.event.metadata.namespace_, each.event.metadata.name);
    });
    Found found;
    found.single = names.size() == 1;
    const auto add = [&](const ListedEvent& each) {
        ListedObject& object = found.objects.emplace_back();
        object.kind = spec::Kind::Ignored;
        object.json = each.json;
        object.pod.pod.metadata.name = each.event.metadata.name;
    };
    if (names.empty())
        std::ranges::for_each(events, add);
    for (const std::string& name : names) {
        const auto event = std::ranges::find(events, name, [](const ListedEvent& e) { return e.event.metadata.name; });
        if (event != events.end())
            add(*event);
        else
            found.errors.push_back(to_text(spec::not_found("events", name)));
    }
    return found;
}

std::string event_table(const std::vector<ListedObject>& events, RowOptions options, bool headers,
                        std::int64_t now_ms) {
    std::vector<std::vector<std::string>> rows;
    const auto add = [&](std::string_view namespace_, std::vector<std::string> narrow, std::string message,
                         std::vector<std::string> middle, std::vector<std::string> last) {
        std::vector<std::string>& row = rows.emplace_back();
        if (options.with_namespace)
            row.emplace_back(namespace_);
        row.insert(row.end(), narrow.begin(), narrow.end());
        if (options.wide)
            row.insert(row.end(), middle.begin(), middle.end());
        row.push_back(std::move(message));
        if (options.wide)
            row.insert(row.end(), last.begin(), last.end());
    };
    if (headers)
        add("NAMESPACE", {"LAST SEEN", "TYPE", "REASON", "OBJECT"}, "MESSAGE", {"SUBOBJECT", "SOURCE"},
            {"FIRST SEEN", "COUNT", "NAME"});
    for (const ListedObject& object : events) {
        const spec::Event event = read_event(object.json).event;
        const spec::InvolvedObject& about = event.involved_object;
        add(event.metadata.namespace_,
            {age(event.last_timestamp, now_ms), event.type, event.reason, lower(about.kind) + "/" + about.name},
            first_line(printable(event.message)),
            {about.field_path, event.source.component + (event.source.host.empty() ? "" : ", " + event.source.host)},
            {age(event.first_timestamp, now_ms), std::to_string(event.count), event.metadata.name});
    }
    return table(rows);
}

int run_events(const Common& common, const EventsOptions& options) {
    if (!options.output.empty() && options.output != "json" && options.output != "yaml")
        fail({"unable to match a printer suitable for the output format \"", options.output,
              "\", allowed formats are: json,yaml"});
    const std::vector<std::string> types = split_types(options.types);
    spec::List list{options.all_namespaces ? "" : common.namespace_or_default(), "", std::string(spec::event_resource)};
    list.watch = options.watch;
    if (!options.about.empty()) {
        const std::size_t slash = options.about.find('/');
        if (slash == options.about.npos)
            fail({"--for must be in resource/name form"});
        const Asked asked = parse_target(options.about);
        if (asked.kind != spec::Kind::Pod)
            fail({"podinit tells events of pods only, as in '--for pod/NAME'"});
        list.name = asked.name;
    }
    Client client(common.socket);
    if (options.watch)
        return watch_events(client, list, options, types);
    auto events = value_or_fail(list_events(client, list.namespace_, list.name));
    std::erase_if(events, [&](const ListedEvent& each) { return !is_wanted(each.event, types); });
    if (!options.output.empty()) {
        std::vector<std::string> texts;
        for (const ListedEvent& each : events)
            texts.push_back(each.json);
        print_json(as_one_json(texts, false), options.output);
    } else if (events.empty() && options.all_namespaces) {
        complain({"No events found."});
    } else if (events.empty()) {
        complain({"No events found in ", common.namespace_or_default(), " namespace."});
    } else {
        print({EventPrinter(options).lines(events, now_ms())});
    }
    return 0;
}

} // namespace ctl
