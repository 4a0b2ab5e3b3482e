// SPDX-License-Identifier: Apache-2.0
#include "spec/wait_graph.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace spec {

namespace {

constexpr std::size_t max_findings = 100;
constexpr std::size_t max_shown = 10; // objects of a circle

std::string called(std::string_view resource, const ObjectMeta& metadata) {
    return std::string(resource).append(" ").append(full_name(metadata));
}

} // namespace

std::size_t WaitGraph::node(std::string name) {
    const std::size_t hash = std::hash<std::string_view>()(name);
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        if (nodes_[i].hash == hash && nodes_[i].name == name)
            return i;
    nodes_.push_back({std::move(name), hash});
    return nodes_.size() - 1;
}

void WaitGraph::add(std::string name, std::span<const Prerequisite> prerequisites, std::size_t who) {
    const std::size_t from = node(std::move(name));
    if (std::exchange(nodes_[from].there, true))
        return;
    nodes_[from].who = who;
    nodes_[from].edges = edges_.size();
    for (const Prerequisite& prerequisite : prerequisites)
        edges_.push_back({node(prerequisite.target), prerequisite.required});
    nodes_[from].edges_end = edges_.size();
}

void WaitGraph::add_pod_of(std::string pod, std::string workload) {
    const Prerequisite owner{std::move(workload)};
    add(std::move(pod), std::span(&owner, 1));
}

void WaitGraph::add(const Object& object, std::size_t who) {
    std::vector<Prerequisite> prerequisites;
    if (!object.pods.empty())
        prerequisites = prerequisites_of(object.pods.front().pod.metadata);
    const std::string name = called(object.resource, object.metadata);
    add(name, prerequisites, who);
    if (object.kind != Kind::Pod)
        for (const Manifest& pod : object.pods)
            add_pod_of(called(resource_of(Kind::Pod), pod.pod.metadata), name);
}

std::string WaitGraph::pointer(const Finding& finding, Kind kind) {
    std::string out = kind == Kind::Pod ? "" : "/spec/template";
    return out.append("/metadata/annotations/podinit~1").append(finding.required ? "requires" : "after");
}

std::vector<WaitGraph::Finding> WaitGraph::findings() const {
    std::vector<Finding> out;
    for (const Node& each : nodes_)
        for (std::size_t i = each.edges; each.who != nobody && i < each.edges_end; ++i)
            if (const Node& other = nodes_[edges_[i].to]; !other.there && out.size() < max_findings)
                out.push_back({each.who, edges_[i].required, false, other.name});
    const std::vector<std::size_t> none(nodes_.size());
    Search all{none, none, std::vector(nodes_.size(), nobody), {}, 0};
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        if (nodes_[i].who != nobody && all.number[i] == 0)
            search(i, all, out);
    return out;
}

// Without recursion: how deep it goes is up to whoever writes the manifests.
void WaitGraph::search(std::size_t from, Search& search, std::vector<Finding>& out) const {
    struct Step {
        std::size_t node;
        std::size_t edge;
    };
    std::vector<Step> way;
    const auto enter = [&](std::size_t node) {
        search.number[node] = search.low[node] = ++search.count;
        search.open.push_back(node);
        way.push_back({node, nodes_[node].edges});
    };
    enter(from);
    while (!way.empty()) {
        Step& step = way.back();
        std::size_t& low = search.low[step.node];
        if (step.edge < nodes_[step.node].edges_end) {
            const std::size_t to = edges_[step.edge++].to;
            if (search.number[to] == 0)
                enter(to);
            else if (search.set[to] == nobody)
                low = std::min(low, search.number[to]);
            continue;
        }
        const std::size_t done = step.node;
        way.pop_back();
        if (!way.empty())
            search.low[way.back().node] = std::min(search.low[way.back().node], low);
        if (low == search.number[done])
            close_set(done, search, out);
    }
}

void WaitGraph::close_set(std::size_t first, Search& search, std::vector<Finding>& out) const {
    const bool alone = search.open.back() == first;
    std::size_t to_blame = nobody;
    for (std::size_t node = nobody; node != first;) {
        node = search.open.back();
        search.open.pop_back();
        search.set[node] = first;
        if (nodes_[node].who != nobody && (to_blame == nobody || node < to_blame))
            to_blame = node;
    }
    const std::span own(edges_.begin() + static_cast<std::ptrdiff_t>(nodes_[first].edges),
                        nodes_[first].edges_end - nodes_[first].edges);
    const bool is_circle = !alone || std::ranges::find(own, first, &Edge::to) != own.end();
    if (!is_circle || to_blame == nobody || out.size() >= max_findings)
        return;
    const std::vector<Edge> circle = circle_of(to_blame, search.set);
    std::string message = "waits for itself: " + nodes_[to_blame].name;
    for (std::size_t i = 0; i + 1 < std::min(circle.size(), max_shown); ++i)
        message.append(" -> ").append(nodes_[circle[i].to].name);
    message.append(circle.size() > max_shown ? " -> ... -> " : " -> ").append(nodes_[to_blame].name);
    out.push_back({nodes_[to_blame].who, circle.front().required, true, std::move(message)});
}

// The shortest way from a node of a circle back to itself.
std::vector<WaitGraph::Edge> WaitGraph::circle_of(std::size_t start, const std::vector<std::size_t>& set) const {
    struct Arrival {
        std::size_t from = nobody;
        Edge edge{};
    };
    std::vector<Arrival> arrivals(nodes_.size());
    std::vector<std::size_t> reached{start};
    for (std::size_t next = 0; next < reached.size() && arrivals[start].from == nobody; ++next)
        for (std::size_t i = nodes_[reached[next]].edges; i < nodes_[reached[next]].edges_end; ++i)
            if (Arrival& there = arrivals[edges_[i].to]; there.from == nobody && set[edges_[i].to] == set[start]) {
                there = {reached[next], edges_[i]};
                reached.push_back(edges_[i].to);
            }
    std::vector<Edge> circle;
    for (std::size_t at = start; at != start || circle.empty(); at = arrivals[at].from)
        circle.push_back(arrivals[at].edge);
    std::ranges::reverse(circle);
    return circle;
}

} // namespace spec
