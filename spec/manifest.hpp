// SPDX-License-Identifier: Apache-2.0
// Bytes in, a checked Pod out: the one door through which a manifest enters, for PID 1, podctl and the fuzzers alike.
//
// What is refused: anything but one JSON document of at most 10 MiB (the kubelet's limit for a file) nested at most 64
// deep; text that is not UTF-8; a duplicate key; U+0000 in a string (it would cut an argv); a number that a double
// would round; an unknown field; a wrong type; whatever the API server's validation refuses.
// All problems are reported at once. No function here throws, makes a system call or reads a clock.
#pragma once

#include "spec/pod.hpp"
#include "spec/problem.hpp"

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace spec {

inline constexpr std::size_t max_manifest_bytes = 10u << 20; // kubelet: pkg/kubelet/config/common.go, maxConfigLength
inline constexpr std::size_t max_containers = 250;           // ours: a unit's index in the core is one byte

struct Manifest {
    Pod pod;          // defaults filled in, metadata.uid set
    std::string text; // canonical JSON of `pod`: compact, fields in the table's order. Reading it gives `pod` again
    Problems warnings;
};

// metadata.uid, when the manifest gives none, is a hash of the canonical text (so layout, field order and explicit
// defaults do not change it), written like a UUID.
std::expected<Manifest, Problems> read_manifest(std::string_view json) noexcept;

// Reads canonical text again, without validation. Fails only for text that read_manifest() did not make.
std::expected<Pod, Problems> read_canonical(std::string_view text) noexcept;

// The objects in a document: itself, or the items of a List or of a kind's own list (PodList, ...), each as compact
// JSON text.
std::expected<std::vector<std::string>, Problems> list_items(std::string_view json) noexcept;

// The default imagePullPolicy: Always for the tag "latest" or none, else IfNotPresent (pkg/apis/core/v1/defaults.go).
PullPolicy default_pull_policy(std::string_view image) noexcept;

} // namespace spec
