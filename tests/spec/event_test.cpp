// SPDX-License-Identifier: Apache-2.0
#include "spec/event.hpp"

#include "tests/catch.hpp"

#include <string>

TEST_CASE("an event is written as the API has it, and read back") {
    spec::Event event;
    event.metadata = {.creation_timestamp = "2026-01-02T03:04:05Z", .name = "web.1f", .namespace_ = "site"};
    event.involved_object.field_path = "spec.containers{app}";
    event.involved_object.name = "web";
    event.involved_object.namespace_ = "site";
    event.involved_object.uid = "u";
    event.first_timestamp = "2026-01-02T03:04:05Z";
    event.last_timestamp = "2026-01-02T03:05:05Z";
    event.count = 3;
    event.type = "Warning";
    event.reason = "Unhealthy";
    event.message = "Readiness probe failed: \"x\"\n";
    event.source.host = event.reporting_instance = "box";
    const std::string json = spec::event_object(event);
    CHECK(json ==
          R"({"apiVersion":"v1","count":3,"eventTime":null,"firstTimestamp":"2026-01-02T03:04:05Z","involvedObject":)"
          R"({"apiVersion":"v1","fieldPath":"spec.containers{app}","kind":"Pod","name":"web","namespace":"site",)"
          R"("uid":"u"},"kind":"Event","lastTimestamp":"2026-01-02T03:05:05Z",)"
          R"("message":"Readiness probe failed: \"x\"\n","metadata":{"creationTimestamp":"2026-01-02T03:04:05Z",)"
          R"("name":"web.1f","namespace":"site"},"reason":"Unhealthy","reportingComponent":"podinit",)"
          R"("reportingInstance":"box","source":{"component":"podinit","host":"box"},"type":"Warning"})");
    const auto read = spec::read_event_object(json);
    REQUIRE(read);
    CHECK(spec::event_object(*read) == json);
    CHECK(read->involved_object.field_path == "spec.containers{app}");
    CHECK(read->count == 3);
    CHECK_FALSE(spec::read_event_object("{\"count\":\"3\"}"));
    CHECK_FALSE(spec::read_event_object("{"));
}

TEST_CASE("an event from another tool may say more") {
    const auto event = spec::read_event_object(
        R"({"kind":"Event","metadata":{"name":"a.1","uid":"x","resourceVersion":"7"},"series":{"count":2}})");
    REQUIRE(event);
    CHECK(event->metadata.name == "a.1");
}
