// SPDX-License-Identifier: Apache-2.0
// Several objects in one: a List, or the list that each kind has of its own (PodList, DeploymentList, ...).
#include "spec/json.hpp"
#include "spec/manifest.hpp"
#include "spec/text.hpp"

namespace spec {

namespace {

using json::Node;

std::string_view text_of(const Node& object, std::string_view key) {
    const Node* value = json::find(object, key);
    return value && value->kind == json::Kind::String ? value->string() : std::string_view();
}

// An item of a kind's own list need not say its kind and version, which follow from the list's; `type` says them.
std::string item_text(const Node& item, const std::string& type) {
    std::string text;
    json::write(text, item);
    if (!type.empty() && item.kind == json::Kind::Object && !json::find(item, "kind") &&
        !json::find(item, "apiVersion"))
        text.insert(1, item.size == 0 ? type : type + ',');
    return text;
}

std::expected<std::vector<std::string>, Problems> split_list(std::string_view json) {
    constexpr std::string_view list = "List";
    const auto document = json::parse(json, max_manifest_bytes);
    if (!document)
        return std::unexpected(document.error());
    const Node& root = document->root();
    const std::string_view kind = text_of(root, "kind");
    const Node* items = json::find(root, "items");
    std::vector<std::string> texts;
    if (kind != list && !(kind.ends_with(list) && items)) {
        texts.push_back(item_text(root, {}));
        return texts;
    }
    if (!items || items->kind != json::Kind::Array)
        return std::unexpected(Problems{{"/items", items ? "expected an array" : "required value"}});
    std::string type;
    if (kind != list) {
        type = R"("apiVersion":)";
        append_json_string(type, text_of(root, "apiVersion"));
        type += R"(,"kind":)";
        append_json_string(type, kind.substr(0, kind.size() - list.size()));
    }
    const Node* item = items->first();
    for (std::uint32_t i = 0; i < items->size; ++i, item = item->next())
        texts.push_back(item_text(*item, type));
    return texts;
}

} // namespace

std::expected<std::vector<std::string>, Problems> list_items(std::string_view json) noexcept try {
    return split_list(json);
} catch (const std::exception&) {
    return std::unexpected(json::out_of_memory());
}

} // namespace spec
