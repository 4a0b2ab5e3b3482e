// SPDX-License-Identifier: Apache-2.0
// Who waits for whom, to find what could never start: a circle, or the wait for somebody who is not there.
//
// Objects are called as Prerequisite::target calls them. A workload waits for those whom its template names, and each
// of its pods for the same, so that a pod that waits for its own workload is a circle, too.
#pragma once

#include "spec/object.hpp"
#include "spec/prerequisites.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace spec {

class WaitGraph {
  public:
    static constexpr std::size_t nobody = -1;

    // The object, or what is known of one, is there, with its pods. What is wrong with it is told under `who`, or not
    // at all. What is there already stays as it is.
    void add(std::string name, std::span<const Prerequisite> prerequisites, std::size_t who = nobody);
    void add(const Object& object, std::size_t who = nobody);
    // `pod` is there, and one of those of `workload`.
    void add_pod_of(std::string pod, std::string workload);

    struct Finding {
        std::size_t who;
        bool required; // in which of the two annotations
        bool circle;   // else: somebody who is not there
        std::string what; // the circle: "waits for itself: A -> B -> A"; or who is not there
    };
    // Of those who have a `who`. Of circles that have objects in common one is told.
    std::vector<Finding> findings() const;
    // Where it is to be complained about, in an object of the kind.
    static std::string pointer(const Finding& finding, Kind kind);

  private:
    struct Node {
        std::string name;
        std::size_t hash = 0;
        std::size_t who = nobody;
        bool there = false;
        std::size_t edges = 0; // the first of its own
        std::size_t edges_end = 0;
    };
    struct Edge {
        std::size_t to;
        bool required;
    };
    // Tarjan: the sets of nodes each of which can be reached from all others of the set.
    struct Search {
        std::vector<std::size_t> number; // in the order of arrival, from 1 on
        std::vector<std::size_t> low;    // the lowest number that is known to be reached and is in no set yet
        std::vector<std::size_t> set;    // by its first node
        std::vector<std::size_t> open;   // nodes in no set yet
        std::size_t count;
    };
    std::size_t node(std::string name);
    void search(std::size_t from, Search& search, std::vector<Finding>& out) const;
    void close_set(std::size_t first, Search& search, std::vector<Finding>& out) const;
    std::vector<Edge> circle_of(std::size_t node, const std::vector<std::size_t>& set) const;

    std::vector<Node> nodes_;
    std::vector<Edge> edges_;
};

} // namespace spec
