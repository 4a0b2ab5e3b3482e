// SPDX-License-Identifier: Apache-2.0
#include "spec/event.hpp"

#include "tests/catch.hpp"

#include <string>

TEST_CASE("an event is written as the API has it, and read back") {
    spec::EventFacts facts{.pod = "web",
                           .namespace_ = "site",
                           .uid = "u",
                           .field_path = "spec.containers{app}",
                           .number = "1f",
                           .type = "Warning",
                           .reason = "Unhealthy",
                           .message = "Readiness probe failed: \"x\"\n",
                           .first_timestamp = "2026-01-02T03:04:05Z",
                           .last_timestamp = "2026-01-02T03:05:05Z",
                           .host = "box",
                           .count = 3};
    const std::string json = spec::event_object(facts);
    CHECK(
        json ==
        R"({"apiVersion":"v1","count":3,"eventTime":null,"firstTimestamp":"2026-01-02T03:04:05Z","involvedObject":)"
        R"({"apiVersion":"v1","fieldPath":"spec.containers{app}","kind":"Pod","name":"web","namespace":"site",)"
        R"("uid":"u"},"kind":"Event","lastTimestamp":"2026-01-02T03:05:05Z",)"
        R"("metadata":{"creationTimestamp":"2026-01-02T03:04:05Z",)"
        R"("name":"web.1f","namespace":"site"},"reason":"Unhealthy","reportingComponent":"podinit",)"
        R"("reportingInstance":"box","source":{"component":"podinit","host":"box"},"type":"Warning","message":"Readiness probe failed: \"x\"\n"})");
    const auto read = spec::read_event_object(json);
    REQUIRE(read);
    CHECK(read->metadata.name == "web.1f");
    CHECK(read->involved_object.uid == "u");
    CHECK(read->reason == "Unhealthy");
    CHECK(read->message == facts.message);
    CHECK(read->type == "Warning");
    CHECK(read->source.host == "box");
    CHECK(read->last_timestamp == facts.last_timestamp);
    CHECK(read->involved_object.field_path == "spec.containers{app}");
    CHECK(read->count == 3);
    facts.field_path = "";
    CHECK(spec::event_object(facts).find("fieldPath") == std::string::npos);
    CHECK_FALSE(spec::read_event_object("{\"count\":\"3\"}"));
    CHECK_FALSE(spec::read_event_object("{"));
}

TEST_CASE("an event from another tool may say more") {
    const auto event = spec::read_event_object(
        R"({"kind":"Event","metadata":{"name":"a.1","uid":"x","resourceVersion":"7"},"series":{"count":2}})");
    REQUIRE(event);
    CHECK(event->metadata.name == "a.1");
}
