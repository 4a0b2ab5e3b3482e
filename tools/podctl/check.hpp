// SPDX-License-Identifier: Apache-2.0
// What `podctl check` finds, and how it says it.
#pragma once

#include "spec/object.hpp"
#include "tools/podctl/manifests.hpp"
#include "tools/podctl/output.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace ctl {

struct Finding {
    Located place;
    spec::Severity severity = spec::Severity::Error;
};

struct CheckReport {
    std::size_t files = 0;
    std::size_t objects = 0;
    std::vector<Finding> findings;

    void add(Located place, spec::Severity severity) { findings.push_back({std::move(place), severity}); }
    void add_unreadable(const std::string& file, const Failure& failure);
    std::size_t count(spec::Severity severity) const;
    std::string text() const; // a line each, and one that sums up
    std::string json() const; // see podctl(1)
};

// An object that the machine would take, and where it is written.
struct CheckedObject {
    spec::Object object;
    const InputObject* input = nullptr;
    std::size_t directory = 0; // which of the directories given it comes from, from 1 on; 0: from none

    // What problems of its pods are told of: the template of a workload stands for all of them.
    std::string pod_pointer() const { return object.kind == spec::Kind::Pod ? "" : "/spec/template"; }
};

// What no object shows by itself: identities and pods' names that come twice, ConfigMaps, Secrets and keys of them that
// pods refer to and that are not among these.
void check_across(std::span<const CheckedObject> objects, CheckReport& report);

// Are the images of the store as podinit reads them, and do they hold those that the pods name?
void check_images(std::span<const std::string> stores, std::span<const CheckedObject> objects, CheckReport& report);

} // namespace ctl
