// SPDX-License-Identifier: Apache-2.0
#include "spec/field_docs.hpp"

namespace spec {

const TypeDoc* find_type_doc(std::string_view type) noexcept {
    for (const auto& group : {pod_docs, container_docs, volume_docs, scheduling_docs, object_docs})
        for (const TypeDoc& doc : group)
            if (doc.type == type)
                return &doc;
    return nullptr;
}

const FieldDoc* find_field_doc(std::string_view type, std::string_view field) noexcept {
    if (const TypeDoc* doc = find_type_doc(type))
        for (const FieldDoc& each : doc->fields)
            if (each.field == field)
                return &each;
    return nullptr;
}

} // namespace spec
