// SPDX-License-Identifier: Apache-2.0
// The pods of a workload, named and marked as the controllers of Kubernetes do it, but for what is random there: here
// it follows from the template's text.
#include "spec/workload.hpp"

#include "spec/manifest_parts.hpp"
#include "spec/object.hpp"
#include "spec/uid.hpp"

#include <algorithm>
#include <cstddef>

namespace spec {

namespace {

constexpr std::string_view safe_letters = "bcdfghjklmnpqrstvwxz2456789"; // k8s.io/apimachinery/pkg/util/rand
constexpr std::size_t suffix_letters = 5;
constexpr std::size_t max_generated_base = 63 - suffix_letters; // k8s.io/apiserver/pkg/storage/names

// As the controllers write the 32 bits of their hash: each decimal digit as a letter.
std::string hash_letters(std::uint64_t hash) {
    std::string letters = std::to_string(static_cast<std::uint32_t>(hash));
    for (char& c : letters)
        c = safe_letters[static_cast<unsigned char>(c) % safe_letters.size()];
    return letters;
}

// Another one for each index: the step has no divisor in common with the number of suffixes, which is a power of 3.
std::string suffix(std::uint64_t hash, std::size_t index) {
    constexpr std::uint64_t step = 8'868'113;
    std::uint64_t rest = hash % (1u << 24) + index * step;
    std::string letters;
    for (std::size_t i = 0; i < suffix_letters; ++i, rest /= safe_letters.size())
        letters += safe_letters[rest % safe_letters.size()];
    return letters;
}

std::string generated_name(std::string base, std::uint64_t hash, std::size_t index) {
    base += '-';
    base.resize(std::min(base.size(), max_generated_base));
    return base + suffix(hash, index);
}

void set(StringMap& labels, std::string_view key, std::string value) {
    const auto at = std::ranges::lower_bound(labels, key, {}, &StringMap::value_type::first);
    if (at != labels.end() && at->first == key)
        at->second = std::move(value);
    else
        labels.emplace(at, key, std::move(value));
}

OwnerReference owner_of(const Workload& workload) {
    return {.api_version = workload.api_version,
            .kind = workload.kind,
            .name = workload.metadata.name,
            .uid = workload.metadata.uid,
            .controller = true,
            .block_owner_deletion = true};
}

// What is the same in all pods of the workload.
Pod common_pod(const Workload& workload) {
    Pod pod = workload.spec.pod_template;
    pod.metadata.namespace_ = workload.metadata.namespace_;
    pod.metadata.ignored.clear();
    pod.metadata.owner_references.push_back(owner_of(workload));
    return pod;
}

void name_pod(Pod& pod, const Workload& workload, Kind kind, const Hash128& hash, std::size_t index) {
    const std::string& owner = workload.metadata.name;
    const std::string letters = hash_letters(hash.low);
    StringMap& labels = pod.metadata.labels;
    switch (kind) {
    case Kind::DaemonSet:
        pod.metadata.name = generated_name(owner, hash.high, index);
        return set(labels, "controller-revision-hash", letters);
    case Kind::Deployment:
        pod.metadata.name = generated_name(owner + '-' + letters, hash.high, index);
        return set(labels, "pod-template-hash", letters);
    case Kind::StatefulSet: {
        const std::size_t start = workload.spec.ordinals ? static_cast<std::size_t>(workload.spec.ordinals->start) : 0;
        const std::string ordinal = std::to_string(start + index);
        pod.metadata.name = owner + '-' + ordinal;
        pod.spec.hostname = pod.metadata.name;
        pod.spec.subdomain = workload.spec.service_name;
        set(labels, "controller-revision-hash", owner + '-' + letters);
        set(labels, "statefulset.kubernetes.io/pod-name", pod.metadata.name);
        return set(labels, "apps.kubernetes.io/pod-index", ordinal);
    }
    case Kind::Pod:
    case Kind::ConfigMap:
    case Kind::Secret:
    case Kind::Ignored: return; // have no template
    }
}

} // namespace

std::vector<Manifest> make_pods(const Workload& workload, Kind kind, const Problems& warnings, Problems& problems) {
    std::string text;
    fields::write(text, pod_template_type, &workload.spec.pod_template);
    const Hash128 hash = hash_of(text);
    const std::size_t count = static_cast<std::size_t>(workload.spec.replicas.value_or(1));
    std::vector<Manifest> pods;
    if (count * text.size() > max_manifest_bytes) {
        fields::add_problem(problems, {"/spec/replicas", "the pods are longer than 10 MiB together"});
        return pods;
    }
    const Pod common = common_pod(workload);
    pods.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        pods[i].pod = common;
        name_pod(pods[i].pod, workload, kind, hash, i);
        pods[i].warnings = warnings;
        write_canonical(pods[i], text.size());
    }
    return pods;
}

} // namespace spec
