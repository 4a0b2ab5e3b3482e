// SPDX-License-Identifier: Apache-2.0
// The field tables of every control message (internal to spec). control_idl.cpp says the same to other languages.
//
// Calls and replies are variants in the same order: the n-th method answers with the n-th reply.
#pragma once

#include "spec/control.hpp"
#include "spec/fields.hpp"

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <variant>

namespace spec::fields {

template <>
inline constexpr std::array<std::string_view, 4> names_of<Outcome> = {"created", "configured", "unchanged", "ignored"};
template <>
inline constexpr std::array<std::string_view, 4> names_of<Rollout> = {"progressing", "complete", "incomplete",
                                                                      "rolledBack"};
template <>
inline constexpr std::array<std::string_view, 2> names_of<DeleteState> = {"deleting", "gone"};
template <>
inline constexpr std::array<std::string_view, 4> names_of<PowerAction> = {"poweroff", "reboot", "halt", "kexec"};

// ---- calls ------------------------------------------------------------------------------------------------------

template <>
inline constexpr std::array<Row, 0> rows_of<GetInfo> = {};
template <>
inline constexpr auto rows_of<GetInterfaceDescription> = std::array{
    required<&GetInterfaceDescription::interface>("interface"),
};
template <>
inline constexpr auto rows_of<Apply> = std::array{
    required<&Apply::manifests>("manifests"),   field<&Apply::transient>("transient"), field<&Apply::dry_run>("dryRun"),
    field<&Apply::wait_seconds>("waitSeconds"), field<&Apply::rollback>("rollback"),
};
template <>
inline constexpr auto rows_of<Delete> = std::array{
    field<&Delete::resource>("resource"),
    required<&Delete::namespace_>("namespace"),
    required<&Delete::name>("name"),
    field<&Delete::grace_period_seconds>("gracePeriodSeconds"),
};
template <>
inline constexpr auto rows_of<List> = std::array{
    field<&List::resource>("resource"),
    field<&List::namespace_>("namespace"),
    field<&List::name>("name"),
    field<&List::watch>("watch"),
};
template <>
inline constexpr auto rows_of<Exec> = std::array{
    required<&Exec::namespace_>("namespace"), required<&Exec::name>("name"), field<&Exec::container>("container"),
    required<&Exec::command>("command"),      field<&Exec::tty>("tty"),      field<&Exec::term>("term"),
};
template <>
inline constexpr auto rows_of<Logs> = std::array{
    required<&Logs::namespace_>("namespace"),
    required<&Logs::name>("name"),
    field<&Logs::container>("container"),
    field<&Logs::previous>("previous"),
};
template <>
inline constexpr auto rows_of<Restart> = std::array{
    required<&Restart::namespace_>("namespace"),
    required<&Restart::name>("name"),
    field<&Restart::container>("container"),
};
template <>
inline constexpr auto rows_of<SetCondition> = std::array{
    required<&SetCondition::namespace_>("namespace"),
    required<&SetCondition::name>("name"),
    required<&SetCondition::type>("type"),
    required<&SetCondition::status>("status"),
};
template <>
inline constexpr std::array<Row, 0> rows_of<Node> = {};
template <>
inline constexpr std::array<Row, 0> rows_of<Confirm> = {};
template <>
inline constexpr auto rows_of<Power> = std::array{
    required<&Power::action>("action"),
};
template <>
inline constexpr auto rows_of<Reexec> = std::array{
    field<&Reexec::binary>("binary"),
};

// ---- replies ----------------------------------------------------------------------------------------------------

template <>
inline constexpr auto rows_of<ServiceInfo> = std::array{
    required<&ServiceInfo::vendor>("vendor"),         required<&ServiceInfo::product>("product"),
    required<&ServiceInfo::version>("version"),       required<&ServiceInfo::url>("url"),
    required<&ServiceInfo::interfaces>("interfaces"),
};
template <>
inline constexpr auto rows_of<InterfaceDescription> = std::array{
    required<&InterfaceDescription::description>("description"),
};
template <>
inline constexpr auto rows_of<Applied::Item> = std::array{
    required<&Applied::Item::resource>("resource"), required<&Applied::Item::namespace_>("namespace"),
    required<&Applied::Item::name>("name"),         required<&Applied::Item::outcome>("outcome"),
    required<&Applied::Item::warnings>("warnings"), field<&Applied::Item::object>("object"),
};
template <>
inline constexpr auto rows_of<Applied::Unready> = std::array{
    required<&Applied::Unready::resource>("resource"),
    required<&Applied::Unready::namespace_>("namespace"),
    required<&Applied::Unready::name>("name"),
    required<&Applied::Unready::why>("why"),
};
template <>
inline constexpr auto rows_of<Applied> = std::array{
    required<&Applied::items>("items"),
    field<&Applied::rollout>("rollout"),
    field<&Applied::unready>("unready"),
};
template <>
inline constexpr auto rows_of<Deleted> = std::array{
    required<&Deleted::state>("state"),
};
template <>
inline constexpr auto rows_of<Listed> = std::array{
    field<&Listed::object>("object"),
};
template <>
inline constexpr auto rows_of<ExecDone> = std::array{
    required<&ExecDone::exit_code>("exitCode"),
};
template <>
inline constexpr auto rows_of<LogPath> = std::array{
    required<&LogPath::path>("path"),
    required<&LogPath::ended>("ended"),
};
template <>
inline constexpr auto rows_of<Restarted> = std::array{
    required<&Restarted::containers>("containers"),
};
template <>
inline constexpr std::array<Row, 0> rows_of<ConditionSet> = {};
template <>
inline constexpr auto rows_of<Feature> = std::array{
    required<&Feature::name>("name"),
    required<&Feature::present>("present"),
    required<&Feature::detail>("detail"),
};
template <>
inline constexpr auto rows_of<RejectedManifest> = std::array{
    required<&RejectedManifest::file>("file"),
    required<&RejectedManifest::problems>("problems"),
};
template <>
inline constexpr auto rows_of<NodeInfo> = std::array{
    required<&NodeInfo::hostname>("hostname"),
    required<&NodeInfo::machine_id>("machineId"),
    required<&NodeInfo::boot_id>("bootId"),
    required<&NodeInfo::kernel>("kernel"),
    required<&NodeInfo::architecture>("architecture"),
    required<&NodeInfo::version>("version"),
    required<&NodeInfo::uptime_seconds>("uptimeSeconds"),
    required<&NodeInfo::cpus>("cpus"),
    required<&NodeInfo::memory_bytes>("memoryBytes"),
    required<&NodeInfo::pid1>("pid1"),
    required<&NodeInfo::pods>("pods"),
    required<&NodeInfo::addresses>("addresses"),
    required<&NodeInfo::manifest_dirs>("manifestDirectories"),
    required<&NodeInfo::image_dirs>("imageDirectories"),
    required<&NodeInfo::features>("features"),
    required<&NodeInfo::rejected>("rejected"),
    field<&NodeInfo::unconfirmed>("unconfirmed"),
};
template <>
inline constexpr auto rows_of<Confirmed> = std::array{
    required<&Confirmed::confirmed>("confirmed"),
};
template <>
inline constexpr std::array<Row, 0> rows_of<PowerAccepted> = {};
template <>
inline constexpr auto rows_of<Reexecuted> = std::array{
    required<&Reexecuted::version>("version"),
};

template <>
inline constexpr auto rows_of<ControlError::Item> = std::array{
    required<&ControlError::Item::index>("index"),
    required<&ControlError::Item::pointer>("pointer"),
    required<&ControlError::Item::message>("message"),
};

} // namespace spec::fields

namespace spec {

// ---- methods ----------------------------------------------------------------------------------------------------

inline constexpr std::string_view podinit_interface = "io.podinit";
inline constexpr std::string_view service_interface = "org.varlink.service";

struct Method {
    std::string_view name;
    bool read_only; // may be called by a peer that may only look
};

inline constexpr std::array<Method, std::variant_size_v<Call>> methods = {{
    {"org.varlink.service.GetInfo", true},
    {"org.varlink.service.GetInterfaceDescription", true},
    {"io.podinit.Apply", false},
    {"io.podinit.Delete", false},
    {"io.podinit.List", true},
    {"io.podinit.Exec", false},
    {"io.podinit.Logs", true},
    {"io.podinit.Restart", false},
    {"io.podinit.SetCondition", false},
    {"io.podinit.Node", true},
    {"io.podinit.Confirm", false},
    {"io.podinit.Power", false},
    {"io.podinit.Reexec", false},
}};
static_assert(std::variant_size_v<Reply> == methods.size());

// One alternative of a variant of messages: its table, and how to get at its value.
template <class V>
struct Alternative {
    const fields::Type* type;
    void* (*make)(V& variant); // makes it the one that is held
    const void* (*get)(const V& variant);
};

template <class V, std::size_t... I>
constexpr auto make_alternatives(std::index_sequence<I...>) {
    return std::array<Alternative<V>, sizeof...(I)>{{{
        &fields::type_of<std::variant_alternative_t<I, V>>,
        [](V& variant) -> void* { return &variant.template emplace<I>(); },
        [](const V& variant) -> const void* { return std::get_if<I>(&variant); },
    }...}};
}
template <class V>
inline constexpr auto alternatives = make_alternatives<V>(std::make_index_sequence<std::variant_size_v<V>>{});

// ---- errors -----------------------------------------------------------------------------------------------------

// Each error shows other members of ControlError as its parameters.
inline constexpr std::array no_rows = std::array<fields::Row, 0>{};
inline constexpr auto not_found_rows = std::array{
    fields::required<&ControlError::what>("what"),
    fields::required<&ControlError::subject>("name"),
};
inline constexpr auto invalid_rows = std::array{fields::required<&ControlError::problems>("problems")};
inline constexpr auto reason_rows = std::array{fields::required<&ControlError::message>("reason")};
inline constexpr auto interface_rows = std::array{fields::required<&ControlError::subject>("interface")};
inline constexpr auto method_rows = std::array{fields::required<&ControlError::subject>("method")};
inline constexpr auto parameter_rows = std::array{
    fields::required<&ControlError::subject>("parameter"),
    fields::field<&ControlError::pointer>("pointer"), // these two are more than Varlink asks for
    fields::field<&ControlError::message>("message"),
};

struct ErrorKind {
    std::string_view name;
    fields::Type type;
};

template <std::size_t N>
constexpr ErrorKind error_kind(std::string_view name, const std::array<fields::Row, N>& rows) {
    return {name, fields::make_struct_type({}, rows)};
}

inline constexpr auto error_kinds = std::array{
    error_kind("io.podinit.NotFound", not_found_rows),
    error_kind("io.podinit.Invalid", invalid_rows),
    error_kind("io.podinit.Refused", reason_rows),
    error_kind("io.podinit.Failed", reason_rows),
    error_kind("org.varlink.service.InterfaceNotFound", interface_rows),
    error_kind("org.varlink.service.MethodNotFound", method_rows),
    error_kind("org.varlink.service.InvalidParameter", parameter_rows),
    error_kind("org.varlink.service.PermissionDenied", no_rows),
    error_kind("org.varlink.service.ExpectedMore", no_rows),
};

} // namespace spec
